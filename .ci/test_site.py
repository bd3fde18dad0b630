"""Small tests of the steps that make the site: the reference entries, the preparation of notebooks, and the final form of pages."""
import ast
import tempfile
import traceback
from pathlib import Path

import api
import finish
import lines
import prepare
from execnb.nbio import mk_cell
from fastcore.basics import AttrDict

SOURCE = '''
@torch.library.custom_op('a::b', mutates_args=())
def walk(
    q: Tensor, # (b h n d), the queries
    mask: Tensor | None = None, # (b n) bool, False | hidden
    /,
    *rest,
    size: int = 1_024, # keys
) -> list[Tensor]: # (b h n d), one for each
    "Walk over `tiles`."
    check(size)
    if size < 1: raise ValueError(f'size must be at least 1, got {size}')

def halve(
    x: Tensor, # (n d)
) -> Tensor: # (n d)
    "Halve all numbers"
    return x / 2

def check(n):
    "Raise `ValueError` when n is odd"
    if n % 2: raise ValueError('n must be even')

@dataclass(frozen=True)
class Rule(Base):
    "A rule"
    width: int # keys
    # the direction,
    # in words
    way: str = 'back'
    @staticmethod
    def of(n: int) -> 'Rule': return Rule(n) # made of a number
    def sees(self, i, *, j=0): # bool
        "Whether i sees j"
        return self.test(i)
    def test(self, i):
        if i < 0: raise IndexError('i must not be negative')
    def _hidden(self): pass
    @property
    def half(self) -> int: # keys
        "Half of the width"
        return self.width // 2

@dataclass
class Narrow(Rule):
    items: list = field(default_factory=list) # some
    strip: int = field(default=0, init=False)
    def sees(self, i, *, j=0): return False
    def half(self): return 0

class Pair(NamedTuple):
    "Two"
    one: int = 0 # the first

class Layer(nn.Module):
    "A layer"
    def __init__(self, dim: int, *, bias: bool = True): super().__init__()
    def forward(self, x): return x

class Step(Layer):
    "A layer with one more method"
    def more(self, x): return x

class Whole(Step):
    "All of it"
    def last(self, x): return x
'''


def entry_of(name):
    package = api.Package([SOURCE])
    return api.entry(package.known[name], package)


def contains(text, *parts):
    for part in parts: assert part in text, f'{part!r} is not in\n{text}'


def test_function():
    text = entry_of('walk')
    contains(text, '### walk {#api-walk .api-name}', 'def walk(\n    q: Tensor,\n    mask: Tensor | None = None,\n    /,\n    *rest,\n    size: int = 1_024,\n) -> list[Tensor]',
             '| `q` | `Tensor` |  | (b h n d), the queries |', '| `mask` | `Tensor` or `None` | `None` | (b n) bool, False \\| hidden |', '| `*rest` |  |  |  |',
             '**Returns** `list[Tensor]`: (b h n d), one for each', '- `ValueError`: size must be at least 1, got {size}', '- whatever `check` raises')
    contains(entry_of('halve'), '| `x` | `Tensor` |  | (n d) |', '**Returns** `Tensor`: (n d)')
    assert 'Parameter' not in entry_of('check') and 'Returns' not in entry_of('check')


def test_class():
    contains(entry_of('Rule'), "class Rule(width: int, way: str = 'back')", '| Field |', '| `way` | `str` | `\'back\'` | the direction, in words |', 'Inherits from `Base`',
             '#### Rule.sees {#api-Rule.sees', 'def sees(self, i, *, j=0)', '**Returns** bool', '- whatever `Rule.test` raises', '#### Rule.of', "def of(n: int) -> 'Rule'", '**Returns** `\'Rule\'`', 'Rule.half -> int')
    assert '_hidden' not in entry_of('Rule') and '`self`' not in entry_of('Rule')
    contains(entry_of('Pair'), 'class Pair(one: int = 0)', '| `one` | `int` | `0` | the first |')
    contains(entry_of('Narrow'), "class Narrow(width: int, way: str = 'back', items: list = list())")
    assert 'Narrow.sees' not in entry_of('Narrow') and 'strip' not in entry_of('Narrow')
    contains(entry_of('Layer'), 'class Layer(dim: int, *, bias: bool = True)', '#### Layer.forward')
    contains(entry_of('Step'), 'class Step(Layer)', 'Inherits from `Layer`')  # the parameters stand at Layer and at Whole
    assert 'Parameter' not in entry_of('Step')
    contains(entry_of('Whole'), 'class Whole(dim: int, *, bias: bool = True)')


def prepared(*sources):
    "The sources of markdown cells after the exercises were made alike."
    step = prepare.same_exercises(AttrDict(cells=[mk_cell(s, 'code' if s.startswith('#|') else 'markdown') for s in sources]))
    step.begin()
    return [c.source for c in step.nb.cells]


def test_exercises():
    answer = lambda text, title='Answer': f'::: {{.callout-tip collapse="true" title="{title}"}}\n{text}\n:::'
    wanted = ['## Exercises', '**1.** *(easy)* Why?', answer('Yes.')[:-4], '#| echo: true\n1', ':::', '**2.** *(open)* How?\nSo?', answer('No.')[:-4], ':::', '## Next']
    found = prepared('## Exercises', '1. (Easy.) Why?', answer('Yes.'), '#| echo: true\n1', '**2.** *(open)* How?\nSo?', answer('No.'), '## Next')
    assert found == wanted, found
    found = prepared(f"## Exercises\n\n1. (Easy.) Why?\n\n{answer('Yes.')}\n\n2. (Open.) How?\n   So?\n\n{answer('No.')}", '## Next')
    assert found == [w for w in wanted if not w.startswith('#|')], found
    found = prepared('## Exercises', '1. (Easy.) Why?\n2. (Open.) How?\n   So?', answer('\n1. Yes.\n2. No.', 'Answers'), '## Next')
    assert found == [w for w in wanted if not w.startswith('#|')], found


def test_lines():
    long = f"def f(a):\n    for x in a: call({'first_argument, ' * 6}{{x: y for x, y in a}})  # {'words ' * 10}\n    return 1"
    found = lines.wrap(long)
    assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(long)) and max(map(len, found.splitlines())) <= lines.WIDTH, found
    assert lines.wrap('#| fig-cap: ' + 'x' * 200) == '#| fig-cap: ' + 'x' * 200 and lines.wrap('short = 1') == 'short = 1'
    imports = f"from a import {', '.join(f'name_{n}' for n in range(20))}"
    assert ast.dump(ast.parse(lines.wrap(imports))) == ast.dump(ast.parse(imports)) and lines.wrap(imports).count('\n') > 1


def test_results_first():
    step = prepare.results_first(AttrDict(cells=[mk_cell(s, 'markdown') for s in ('# T', 'intro', '## A', 'a', '## B {.first}', 'b', '### C', 'c', '## D')]))
    step.begin()
    found = [c.source for c in step.nb.cells]
    assert found == ['# T', 'intro', '## B {.first}', 'b', '### C', 'c', '## A', 'a', '## D'], found


def test_names_of_others():
    cell = mk_cell("The reference's `LocalMHA`, `LocalMHA` of the reference, and `LocalMHA`", 'markdown')
    prepare.names_of_others(cell)
    assert cell.source == "The reference's <code>LocalMHA</code>, <code>LocalMHA</code> of the reference, and `LocalMHA`", cell.source


PAGE = '''<html><head><meta name="description" content="About"></head><body><nav id="quarto-sidebar"></nav><main><h1>T</h1><section id="s" class="level4"><h4 data-anchor-id="s">S</h4>
<div class="cell"><div class="code-copy-outer-scaffold"><div class="sourceCode"><pre class="sourceCode python"><code><span class="op">-</span><span class="st">"</span><span class="st">a"</span></code></pre></div></div>
<div class="cell-output"><pre><code>one</code></pre></div><div class="cell-output"><pre><code>two</code></pre></div></div>
<div class="callout callout-tip"><div class="callout-header collapsed"><div class="callout-title-container">Answer</div></div><div class="callout-collapse"><div class="callout-body"><p>42</p></div></div></div>
<table><thead><tr><th></th><th>n</th></tr></thead><tbody><tr><td>a</td><td>1</td></tr></tbody></table></section></main></body></html>'''


def test_page():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)/'index.html'
        path.write_text(PAGE, encoding='utf-8')
        page = finish.Page(path, Path(folder))
        for step in finish.STEPS: step(page)
        contains(finish.with_the_rest(str(page.main)), '<h2 id="s">S</h2>', '<details class="callout tip"><summary>Answer</summary><p>42</p></details>', '<code>one\ntwo</code>',
                 '<div class="code-box"><pre class="code python" data-scroll="">', '<code>-<c-s>"a"</c-s></code>', '<td class="number-cell" data-head="n">1</td>', '<th class="number-cell" scope="col">n</th>')
        assert [r['heading'] for r in finish.records(page)] == ['', 'T', 'S'], finish.records(page)


def test_printed_table():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)/'index.html'
        table = 'Here:\n\n| a | b |\n| --- | ---: |\n| 1 | &lt;2 |\n\nthere'
        path.write_text(f'<main><h1>T</h1><div class="cell"><div class="cell-output"><pre><code>{table}</code></pre></div></div></main>', encoding='utf-8')
        page = finish.Page(path, Path(folder))
        for step in finish.STEPS: step(page)
        contains(str(page.main), '<code>Here:</code>', '<td data-head="b">&lt;2</td>', '<code>there</code>')


def failures():
    "A line for each test that fails."
    found = []
    for name, test in list(globals().items()):
        if not name.startswith('test_'): continue
        try: test()
        except Exception: found.append(f'{name}: {traceback.format_exc(limit=-1)}')
    return found


if __name__ == '__main__': print('\n'.join(failures()) or 'all pass')
