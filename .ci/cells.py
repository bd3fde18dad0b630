"""Find cells of committed notebooks that hold an error, that lack their output, or that mix imports with other code.

A cell should have an output when it prints, or when its last statement is an expression with a value. Not counted:
cells flagged with one of QUIET, a last line that ends in `;`, None, and calls of functions that return nothing: those
the notebooks define without `return value`, and those in NOTHING. Add to NOTHING what else turns up.

nbdev_docs, which builds the site with Quarto, runs every visible cell that imports something, without the cells before
it, and replaces its output. So a visible cell that imports should do nothing else."""
import ast
import json
import re
from pathlib import Path

NOTEBOOKS = sorted(p for p in Path('nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts)
QUIET = {'hide', 'cuda', 'slow', 'export', 'exports', 'exporti', 'default_exp', 'eval: false', 'output: false'}
NOT_RUN_FOR_SITE = {'hide', 'export', 'exports', 'exporti', 'eval: false'}
NOTHING = re.compile(r'test_\w+|assert\w*|show_doc|nbdev_export|set_\w+|append|extend|insert|update|clear|sort|remove|'
                     r'backward|step|zero_grad|seed|sleep|save|savefig|close|mkdir|makedirs|unlink|rmtree|filterwarnings')


def source(cell): return ''.join(cell['source'])


def flags(code):
    "The directives of a cell: '#| exports' -> 'exports', '#|eval:false' -> 'eval: false'."
    found = re.findall(r'^#\s*\|\s*(\w+)\b(?::\s*(\w+))?', code, re.MULTILINE)
    return {f'{key}: {value.lower()}' if value else key for key, value in found}


def parse(code):
    "The statements of a code cell, without notebook magics; none when it is not plain Python."
    try: return ast.parse(re.sub(r'^\s*[%!].*$', '', code, flags=re.MULTILINE)).body
    except SyntaxError: return []


def called(node):
    "The name of the function that `node` calls, or ''."
    func = getattr(node, 'func', None)
    return getattr(func, 'id', getattr(func, 'attr', ''))


def outside_functions(statements):
    "Every node that runs with the cell itself, not inside a function or class it defines."
    for node in statements:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)): continue
        yield node
        yield from outside_functions(ast.iter_child_nodes(node))


def without_value(notebooks):
    "The names of functions that the notebooks define and that return nothing."
    nodes = [n for nb in notebooks for c in nb['cells'] if c['cell_type'] == 'code' for s in parse(source(c)) for n in ast.walk(s)]
    returns = lambda f: any(isinstance(n, (ast.Return, ast.Yield)) and n.value is not None for n in ast.walk(f))
    return {f.name for f in nodes if isinstance(f, ast.FunctionDef) and not returns(f)}


def displays(code, nothing):
    "Whether a cell with this code shows something, as far as its text tells."
    body = parse(code)
    if any(called(n) in ('print', 'display') for n in outside_functions(body)): return True
    if not body or not isinstance(body[-1], ast.Expr) or code.rstrip().endswith(';'): return False
    value = body[-1].value
    if isinstance(value, ast.Constant): return value.value is not None
    name = called(value)
    return not (name in nothing or NOTHING.fullmatch(name)) if name else True


def mixes_imports(code):
    "Whether a cell imports something and does other things too, as nbdev sees it."
    nodes = [n for statement in parse(code) for n in ast.walk(statement)]
    return any(isinstance(n, (ast.Import, ast.ImportFrom)) for n in nodes) and any(isinstance(n, (ast.Expr, ast.Assign)) for n in nodes)


def problem(cell, nothing):
    "What is wrong with a code cell, or None."
    code, outputs = source(cell), cell['outputs']
    if any(o['output_type'] == 'error' for o in outputs): return 'an error in the output'
    if not outputs and not QUIET & flags(code) and displays(code, nothing): return 'no output'
    if not NOT_RUN_FOR_SITE & flags(code) and mixes_imports(code): return 'imports and other code'


def problems(paths):
    "A line for each problem in the notebooks at `paths`, with the last line of the cell."
    notebooks = {path: json.loads(path.read_text(encoding='utf-8')) for path in paths}
    nothing = without_value(notebooks.values())
    code_cells = [(path, c) for path, nb in notebooks.items() for c in nb['cells'] if c['cell_type'] == 'code']
    found = [(path, problem(c, nothing), source(c).strip().splitlines()[-1:]) for path, c in code_cells]
    return [f'{path}: {what} in the cell that ends in {end}' for path, what, end in found if what]
