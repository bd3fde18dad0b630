"""Reference entries for exported names, read from their source and its docments.

An entry is Markdown: a heading, the signature as it is written, the docstring, a table of parameters, what comes back, what is
raised, and the same for each public method. Nothing is imported, so decorators change nothing."""
import ast
import io
import re
import textwrap
import tokenize
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FUNCTIONS = ast.FunctionDef, ast.AsyncFunctionDef
DEFINITIONS = *FUNCTIONS, ast.ClassDef
WIDTH = 88  # characters of a signature on one line


def anchor(name):
    "The id of the entry for `name` on its page."
    return f'api-{name}'


@dataclass
class Parameter:
    "One parameter or field, in the words of the source."
    name: str
    stars: str = ''  # '*' or '**'
    type: str = ''
    default: str = ''
    meaning: str = ''

    def __str__(self):
        equals = ' = ' if self.type else '='
        return self.stars + self.name + (f': {self.type}' if self.type else '') + (equals + self.default if self.default else '')


class Source:
    "Python source with its definitions and its comments."
    def __init__(self, text):
        self.text, self.tree = text, ast.parse(text)
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        self.comments = {t.start[0]: t.string.lstrip('# ').strip() for t in tokens if t.type == tokenize.COMMENT}
        self.lines = text.splitlines()

    def definitions(self):
        "The functions and classes at the top, by name."
        return {node.name: Definition(node, self) for node in self.tree.body if isinstance(node, DEFINITIONS)}

    def segment(self, node): return re.sub(r'\s*\n\s*', ' ', ast.get_source_segment(self.text, node)) if node else ''

    def note(self, node):
        "The comment at the end of the last line of `node`, else the comment lines above it."
        if node.end_lineno in self.comments: return self.comments[node.end_lineno]
        above, line = [], node.lineno - 1
        while line in self.comments and self.lines[line - 1].lstrip().startswith('#'):
            above.insert(0, self.comments[line])
            line -= 1
        return ' '.join(above)


@dataclass
class Definition:
    "A function or class in its source."
    node: ast.AST
    source: Source
    owner: str = ''  # the class of a method

    @property
    def name(self): return f'{self.owner}.{self.node.name}' if self.owner else self.node.name

    @property
    def doc(self): return ast.get_docstring(self.node) or ''

    @property
    def is_class(self): return isinstance(self.node, ast.ClassDef)

    @property
    def bases(self): return [self.source.segment(b) for b in self.node.bases] if self.is_class else []

    @property
    def decorators(self): return [self.source.segment(d) for d in self.node.decorator_list]

    @cached_property
    def members(self):
        "The methods of a class, by name."
        found = [n for n in self.node.body if isinstance(n, FUNCTIONS)] if self.is_class else []
        return {n.name: Definition(n, self.source, self.node.name) for n in found}


OPERATORS = {'__call__': None, '__and__': 'self & other', '__or__': 'self | other', '__len__': 'len(self)', '__iter__': 'iter(self)'}


def parameters(definition):
    "What the caller of a function gives it: `written` without the `self` of a method."
    given = written(definition)
    return given[1:] if definition.owner and 'staticmethod' not in definition.decorators else given


def written(definition):
    "The parameters of a function as they stand in the source, with '/' and '*'."
    args, source = definition.node.args, definition.source
    positional = args.posonlyargs + args.args
    defaults = [None] * (len(positional) - len(args.defaults)) + args.defaults
    last_on_line = {}
    for a in (*positional, args.vararg, *args.kwonlyargs, args.kwarg):
        if a: last_on_line[a.lineno] = a
    closing = closing_line(definition)  # what stands there belongs to what comes back

    def one(arg, default=None, stars=''):
        alone = last_on_line[arg.lineno] is arg and (default or arg).end_lineno != closing and not one_line(definition)
        return Parameter(arg.arg, stars, source.segment(arg.annotation), source.segment(default), source.note(default or arg) if alone else '')
    found = [one(a, d) for a, d in zip(positional, defaults)]
    if args.posonlyargs: found.insert(len(args.posonlyargs), '/')
    if args.vararg: found.append(one(args.vararg, stars='*'))
    elif args.kwonlyargs: found.append('*')
    found += [one(a, d) for a, d in zip(args.kwonlyargs, args.kw_defaults)]
    if args.kwarg: found.append(one(args.kwarg, stars='**'))
    return found


def fields(definition):
    "The fields of a dataclass or named tuple."
    source = definition.source
    found = [n for n in definition.node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name) and not n.target.id.startswith('_')]
    made = [n for n in found if not re.search(r'^field\(.*\binit=False', source.segment(n.value))]
    return [Parameter(n.target.id, '', source.segment(n.annotation), field_default(n.value, source), source.note(n)) for n in made]


def field_default(value, source):
    "The default of a field, also where `dataclasses.field` gives it."
    given = {k.arg: source.segment(k.value) for k in value.keywords} if isinstance(value, ast.Call) and getattr(value.func, 'id', '') == 'field' else None
    if given is None: return source.segment(value)
    return given.get('default') or (f"{given['default_factory']}()" if 'default_factory' in given else '')


def has_fields(definition):
    return any('dataclass' in d for d in definition.decorators) or any(b.endswith('NamedTuple') for b in definition.bases)


def one_line(definition): return definition.node.body[0].lineno == definition.node.lineno


def closing_line(definition):
    "The line on which the header of a function ends."
    node = definition.node
    last = max((a.end_lineno for a in ast.walk(node.args) if isinstance(a, (ast.arg, ast.expr))), default=node.lineno)
    return node.returns.end_lineno if node.returns else last + 1 if last > node.lineno else node.lineno


def returned(definition):
    "What a function returns: its annotation, and the comment that follows the header."
    note = '' if one_line(definition) else definition.source.comments.get(closing_line(definition), '')
    return definition.source.segment(definition.node.returns), note


class Package:
    "What all modules define, to follow a class to its bases and a function to the checks that it calls."
    def __init__(self, texts):
        self.known = {}
        for text in texts:
            found = Source(text).definitions()
            self.known.update(found, **{m.name: m for d in found.values() for m in d.members.values()})
        self.bases = {base for d in self.known.values() for base in d.bases}

    @classmethod
    def read(cls, folder): return cls(p.read_text(encoding='utf-8') for p in sorted(Path(folder).glob('*.py')))

    def base(self, definition):
        "The first base class that the package defines, or None."
        return next((self.known[b] for b in definition.bases if b in self.known and b != definition.name), None)

    def public_methods(self, definition):
        "The methods to document: not those without words of their own that a base class documents."
        base = self.base(definition)
        told = set() if base is None else {m.node.name for m in self.public_methods(base)}
        public = [m for name, m in definition.members.items() if not name.startswith('_') or name in OPERATORS and m.doc]
        return [m for m in public if m.doc or m.node.name not in told]

    def is_step(self, definition):
        "Whether a class only adds methods on the way to another class, whose entry has the parameters."
        own = '__init__' in definition.members or has_fields(definition) and fields(definition)
        return definition.is_class and not own and self.base(definition) is not None and definition.name in self.bases

    def constructor(self, definition):
        "The parameters with which a class is called, or None when it is not our source that says so."
        if '__init__' in definition.members: return parameters(definition.members['__init__'])
        base = self.base(definition)
        inherited = self.constructor(base) if base else None
        if not has_fields(definition): return inherited
        own = fields(definition)
        names = {f.name for f in own}
        return [f for f in inherited or [] if f.name not in names] + own if base and has_fields(base) else own

    def raises(self, definition, seen=()):
        "(what is raised, its message) and the public functions called that raise something."
        own, calls = [], []
        for node in self.walk(definition):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
                own.append((node.exc.func.id, message(node.exc, definition.source)))
            name = called(node, definition)
            if not name or name in seen or name not in self.known or self.known[name].is_class or name == definition.name: continue
            deeper = self.raises(self.known[name], (*seen, definition.name, name))
            if not any(deeper): continue
            if name.split('.')[-1].startswith('_'):
                own += deeper[0]
                calls += deeper[1]
            else: calls.append(name)
        return list(dict.fromkeys(own)), list(dict.fromkeys(calls))

    def walk(self, definition):
        "Every node that runs when a function is called, or when a class is."
        if not definition.is_class: return ast.walk(ast.Module(definition.node.body, []))
        made = [definition.members[m] for m in ('__init__', '__post_init__', '__new__') if m in definition.members]
        return [n for m in made for n in ast.walk(ast.Module(m.node.body, []))]


def called(node, definition):
    "The name of the function, or of the method of `self`, that `node` calls, or ''."
    if not isinstance(node, ast.Call): return ''
    if isinstance(node.func, ast.Name): return node.func.id
    of_self = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == 'self'
    owner = definition.owner or definition.is_class and definition.node.name
    return f'{owner}.{node.func.attr}' if of_self and owner else ''


def message(call, source):
    "The text of an exception, with its {placeholders}; '' when it is not written in one piece."
    text = call.args[0] if call.args else None
    if isinstance(text, ast.Constant): return str(text.value)
    if not isinstance(text, ast.JoinedStr): return ''
    parts = [str(p.value) if isinstance(p, ast.Constant) else '{' + ast.unparse(p.value) + '}' for p in text.values]
    return '' if any('\n' in p or len(p) > 60 and p.startswith('{') for p in parts) else ''.join(parts)


def signature(definition, package):
    "The signature, on one line where it fits."
    name = OPERATORS.get(definition.node.name) or definition.node.name
    if definition.is_class:
        start = f'class {definition.node.name}'
        given = None if package.is_step(definition) else package.constructor(definition)
        if given is None: return f"{start}({', '.join(definition.bases)})" if definition.bases else start
        end = ''
    elif 'property' in definition.decorators or 'cached_property' in definition.decorators:
        return f'{definition.owner}.{name}' + (f' -> {returned(definition)[0]}' if returned(definition)[0] else '')
    else:
        start = ('async ' if isinstance(definition.node, ast.AsyncFunctionDef) else '') + f'def {name}'
        given, annotation = written(definition), returned(definition)[0]
        end = f' -> {annotation}' if annotation else ''
        if OPERATORS.get(definition.node.name): return name + end
    line = f"{start}({', '.join(map(str, given))}){end}"
    return line if len(line) <= WIDTH else start + '(\n' + ''.join(f'    {p},\n' for p in given) + ')' + end


def code(text):
    "`text` as code in a cell of a table; a pipe, which would end the cell, becomes the word it stands for."
    return ' or '.join(f'`{part.strip()}`' for part in text.split('|')) if text else ''


def cell(text): return text.replace('|', '\\|')


def plain(text):
    "Markdown that shows `text` as it is."
    return re.sub(r'([\\`*_$\[\]<>#])', r'\\\1', text)


def table(given, head):
    "A table of parameters; nothing when there is nothing to say of them."
    rows = [p for p in given if isinstance(p, Parameter)]
    if not any(p.type or p.default or p.meaning for p in rows): return ''
    lines = [f'| `{p.stars}{p.name}` | {code(p.type)} | {code(p.default)} | {cell(p.meaning)} |' for p in rows]
    return '\n'.join(['::: {.api-parameters}', f'| {head} | Type | Default | Meaning |', '| --- | --- | --- | --- |', *lines, ':::'])


def raised(definition, package):
    "A list of what is raised, with the messages."
    own, calls = package.raises(definition)
    lines = [f'- `{kind}`' + (f': {plain(text)}' if text else '') for kind, text in own]
    if calls: lines.append('- whatever ' + ', '.join(f'`{c}`' for c in calls) + (' raises' if len(calls) == 1 else ' raise'))
    return '**Raises**\n\n' + '\n'.join(lines) if lines else ''


def entry(definition, package, level=3):
    "The entry as Markdown."
    source, is_class = definition.source, definition.is_class
    if package.is_step(definition): given = []
    else: given = (package.constructor(definition) or []) if is_class else parameters(definition)
    head = 'Field' if is_class and '__init__' not in definition.members and has_fields(definition) else 'Parameter'
    annotation, note = ('', '') if is_class else returned(definition)
    returns = '' if not (annotation or note) or annotation == 'None' else '**Returns** ' + ': '.join(filter(None, (code(annotation), note)))
    bases = [b for b in definition.bases if b not in ('object', 'NamedTuple')]
    parts = [f'{"#" * level} {definition.name} {{#{anchor(definition.name)} .api-name}}', f'```python\n{signature(definition, package)}\n```',
             re.sub(r'(?<![<(\w])https?://[^\s)]+|(?<=\()https?://[^\s)]+', r'<\g<0>>', definition.doc), f"Inherits from {', '.join(map(code, bases))}." if bases else '',
             table(given, head), returns, raised(definition, package)]
    methods = [f'::: {{.api-method}}\n{entry(m, package, min(level + 1, 6))}\n:::' for m in package.public_methods(definition)]
    return '\n\n'.join(filter(None, parts + methods))


def entries(text, package, level=3):
    "The entries of all public definitions in a cell, as (name, Markdown)."
    found = Source(text).definitions()
    return [(name, entry(d, package, level)) for name, d in found.items() if not name.startswith('_')]
