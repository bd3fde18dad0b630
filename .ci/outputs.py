"""Find committed notebooks that hold an error, or that were not run before the commit.

The rule: a code cell should have an output when it prints, or when its last statement is an expression with a value.
Not counted: cells flagged with one of QUIET, a last line that ends in `;`, None, and calls of functions that return
nothing: those the notebooks define without `return value`, and those in NOTHING. Add to NOTHING what else is found."""
import ast
import json
import re

QUIET = re.compile(r'^#\|\s*(hide|cuda|slow|export|exports|exporti|default_exp|eval:\s*false|output:\s*false)\b', re.MULTILINE)
NOTHING = re.compile(r'test_\w+|assert\w*|show_doc|nbdev_export|set_\w+|append|extend|insert|update|clear|sort|remove|'
                     r'backward|step|zero_grad|seed|sleep|save|savefig|close|mkdir|makedirs|unlink|rmtree|filterwarnings')


def source(cell): return ''.join(cell['source'])


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


def unfinished(paths):
    "A line for each cell of the notebooks at `paths` that holds an error or lacks its output."
    notebooks = {path: json.loads(path.read_text(encoding='utf-8')) for path in paths}
    nothing, problems = without_value(notebooks.values()), []
    for path, nb in notebooks.items():
        for cell in nb['cells']:
            if cell['cell_type'] != 'code': continue
            code, outputs = source(cell), cell['outputs']
            end = code.strip().splitlines()[-1:]
            if any(o['output_type'] == 'error' for o in outputs): problems.append(f'{path}: error in the output of the cell that ends in {end}')
            elif not outputs and not QUIET.search(code) and displays(code, nothing): problems.append(f'{path}: no output for the cell that ends in {end}')
    return problems
