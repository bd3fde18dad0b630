"""Break long lines of Python where the language allows it, so that a page shows them whole.

A line is broken after a comma or before an operator within brackets, or after the colon of a one-line block; a long comment goes above
its line. What comes out means the same, or it is left as it was."""
import ast
import io
import textwrap
import tokenize

WIDTH = 100
OPERATORS = {'+', '-', '*', '/', '|', '&', '==', '<', '<=', '>', '>=', '!=', '%'}
WORDS = {'and', 'or', 'if', 'else', 'in'}
BLOCKS = {'if', 'for', 'while', 'else', 'elif', 'with', 'def', 'try', 'except', 'finally', 'class'}


def tokens_of(code):
    "The tokens of each physical line, with the brackets that are open before each token: [(token, (column after each bracket, …))]."
    lines, stack = {}, []
    for t in tokenize.generate_tokens(io.StringIO(code).readline):
        if t.type in (tokenize.INDENT, tokenize.DEDENT): continue
        if t.string in (')', ']', '}') and stack: stack.pop()
        lines.setdefault(t.start[0], []).append((t, tuple(stack)))
        if t.string in ('(', '[', '{'): stack.append((t.start[0], t.end[1]))
    return lines


def break_in_brackets(line, tokens, number):
    "The line in two, after the outermost comma that is not too far right, else before an operator."
    targets = set()  # of `for a, b in`, which stay together
    for n, (t, open_) in enumerate(tokens):
        if t.string == 'for': targets |= set(range(n, next((m for m in range(n, len(tokens)) if tokens[m][0].string == 'in'), n)))
    commas = [(len(open_), -t.end[1], t.end[1], open_) for n, (t, open_) in enumerate(tokens) if open_ and t.string == ',' and t.end[1] <= WIDTH and n not in targets]
    commas += [(len(open_), -t.start[1], t.start[1], open_) for t, open_ in tokens if open_ and t.string == 'for' and 0 < t.start[1] <= WIDTH]
    others = [(len(open_), -t.start[1], t.start[1], open_) for t, open_ in tokens if open_ and t.string in OPERATORS | WORDS and 0 < t.start[1] <= WIDTH]
    indent = len(line) - len(line.lstrip())
    for _, _, at, open_ in sorted(commas) + sorted(others):
        row, column = open_[-1]
        if row != number: column = indent
        if column > 60: column = indent + 4
        first, rest = line[:at].rstrip(), line[at:].strip()
        if len(first) > indent and rest and len(first) > column and len(rest) + column < len(line): return [first, ' ' * column + rest]


def break_block(line, tokens):
    "A one-line block in two lines, after its colon."
    if not tokens or tokens[0][0].string not in BLOCKS and not line.lstrip().startswith('async'): return None
    at = next((t.end[1] for t, open_ in tokens if not open_ and t.string == ':'), None)
    words = [t.string for t, _ in tokens]
    if at is None or 'lambda' in words or not line[at:].strip() or line[at:].lstrip().startswith('#'): return None
    indent = len(line) - len(line.lstrip())
    return [line[:at], ' ' * (indent + 4) + line[at:].strip()]


def break_comment(line, tokens):
    "The comment at the end of a line above it, in lines of its own."
    comment = next((t for t, _ in tokens if t.type == tokenize.COMMENT), None)
    if comment is None: return None
    indent = ' ' * (len(line) - len(line.lstrip()))
    text = textwrap.wrap(comment.string.lstrip('# '), WIDTH - len(indent) - 2, break_long_words=False)
    before = line[:comment.start[1]].rstrip()
    found = [f'{indent}# {part}' for part in text] + ([before] if before.strip() else [])
    return found if found != [line] else None


def break_import(line, tokens):
    "The names of a long import, in brackets."
    words = [t.string for t, _ in tokens]
    if words[:1] != ['from'] or '(' in words or '#' in line: return None
    start, names = line.split(' import ', 1)
    return [f'{start} import ({names})']


def once(code):
    "The code with its first long line broken that can be, or None."
    lines, tokens = code.splitlines(), tokens_of(code)
    strings = {n for ts in tokens.values() for t, _ in ts for n in range(t.start[0], t.end[0] + 1) if t.start[0] < t.end[0] and t.type == tokenize.STRING}
    for n, line in enumerate(lines, 1):
        if len(line) <= WIDTH or line.startswith('#|') or n in strings or n not in tokens: continue
        found = break_comment(line, tokens[n]) or break_block(line, tokens[n]) or break_import(line, tokens[n]) or break_in_brackets(line, [t for t in tokens[n] if t[0].type != tokenize.COMMENT], n)
        if found: return '\n'.join([*lines[:n - 1], *found, *lines[n:]])


def wrap(code):
    "The code with lines of at most WIDTH characters, as far as that can be done."
    if all(len(line) <= WIDTH for line in code.splitlines()): return code
    found = code
    try:
        meaning = ast.dump(ast.parse(code))
        for _ in range(200):
            better = once(found)
            if better is None: break
            if ast.dump(ast.parse(better)) != meaning: break
            found = better
    except (SyntaxError, tokenize.TokenError): return found
    return found
