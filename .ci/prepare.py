"""How nbdev prepares the notebooks for the site and for README.md, and where its links lead.

nbdev turns names in backticks into links to the published site."""
import re
from functools import partial
from pathlib import Path

import api
import lines
import nbdev.processors
from execnb.nbio import mk_cell
from local_attention_nb._modidx import d as index
from nbdev.config import get_config
from nbdev.doclinks import NbdevLookup, _nbpath2html, nbglob
from nbdev.process import Processor
from nbdev.processors import FilterDefaults, add_fold, add_show_docs, exec_show_docs, mv_exports

LINK_IN_LINK = re.compile(r'\[([^]["\n]*)\[(`[^`\n]+`)\]\(https:[^)\s]+\)([^]["\n]*)\]\(')
EXPORTED = {'export', 'exports', 'exporti'}
SHOWN = {'export', 'exports'}

# A name that the drop-in for local-attention shares with the library leads to the library.
nbdev.processors.NbdevLookup = partial(NbdevLookup, skip_mods=tuple(m for m in index['syms'] if '.compat' in m))


def drop_hidden(cell):
    "Drop a hidden cell before any other step reads it."
    if 'hide' in cell.directives_ and not EXPORTED & cell.directives_.keys(): del cell['source']


def package():
    "The package as it stands, read once."
    if not hasattr(package, 'read'): package.read = api.Package.read(get_config().lib_path)
    return package.read


def heading_level(cell):
    "The level of the last heading in a Markdown cell, or None."
    found = re.findall(r'^(#{1,6}) ', re.sub(r'^```.*?^```', '', cell.source or '', flags=re.M | re.S), re.M) if cell.cell_type == 'markdown' else []
    return len(found[-1]) if found else None


DERIVATION = re.compile(r'0[0-3]_')  # chapters whose exported functions are read line by line


class add_entries(Processor):
    "Put the reference entry of each exported name before the cell that defines it, and fold that cell's source, but not where local attention is derived."
    def begin(self):
        level, cells = 1, []
        fold = 'show' if DERIVATION.match(Path(self.nb.path_).name) else 'true'
        for cell in self.nb.cells:
            level = heading_level(cell) or level
            found = api.entries(cell.source, package(), min(level + 1, 5)) if cell.cell_type == 'code' and SHOWN & cell.directives_.keys() else []
            cells += [mk_cell(text, 'markdown') for _, text in found]
            if found and 'exports' in cell.directives_:
                cell.source = f"#| code-fold: {fold}\n#| code-summary: \"Source of {', '.join(name for name, _ in found)}\"\n{cell.source}"
            cells.append(cell)
        self.nb.cells[:] = cells


FOLD = re.compile(r'^::: *\{\.callout-tip collapse="true" title="([^"]*)"\}\n(.*?)\n:::[ \t]*$', re.M | re.S)
NUMBER = re.compile(r'^(?:\*\*)?(\d+)\.(?:\*\*)? +', re.M)
LEVEL = re.compile(r'^\*?\((easy|medium|hard|open)\.?\)\*? *', re.I)


def items(text):
    "What stands before a numbered list, and its items by number."
    before, *found = NUMBER.split(text)
    return before.strip(), {int(n): re.sub(r'^ {1,3}', '', item, flags=re.M).strip() for n, item in zip(found[::2], found[1::2])}


def exercise(number, text):
    "The text of an exercise, with its number and how hard it is."
    return f'**{number}.** ' + LEVEL.sub(lambda m: f'*({m[1].lower()})* ', text)


class same_exercises(Processor):
    "Write all exercises alike: a number, a level, a question, and a fold with the answer and the code that follows it."
    def begin(self):
        level, cells, section = 0, [], None
        for cell in [*self.nb.cells, mk_cell('# End', 'markdown')]:
            level = heading_level(cell)
            if section is not None and level:
                cells += self.written(section)
                section = None
            if level and re.match(r'#+ Exercises?\b', cell.source):
                heading, _, rest = cell.source.partition('\n')
                cells.append(mk_cell(heading, 'markdown'))
                section = [mk_cell(rest, 'markdown')]
            elif section is not None: section.append(cell)
            else: cells.append(cell)
        self.nb.cells[:] = cells[:-1]

    def written(self, section):
        "The cells of one section of exercises."
        questions, folds, before, last = {}, {}, [], None
        for cell in section:
            if not cell.source: continue
            if cell.cell_type == 'code':
                (folds[last][2] if last in folds else before).append(cell)
                continue
            start = 0
            for fold in [*FOLD.finditer(cell.source), None]:
                text, found = items(cell.source[start:fold.start() if fold else None])
                if text: before.append(mk_cell(text, 'markdown'))
                questions |= found
                last = max(questions, default=None)
                if not fold: break
                start, answers = fold.end(), items(fold[2])[1]
                if fold[1] == 'Answers' and set(answers) == set(questions): folds |= {n: ('Answer', text, []) for n, text in answers.items()}
                else: folds[last] = fold[1], fold[2], []
        return before + [cell for n, text in questions.items() for cell in (mk_cell(exercise(n, text), 'markdown'), *self.answer(folds.get(n)))]

    def answer(self, fold):
        if not fold: return []
        title, text, code = fold
        return [mk_cell(f'::: {{.callout-tip collapse="true" title="{title}"}}\n{text.strip()}', 'markdown'), *code, mk_cell(':::', 'markdown')]


class results_first(Processor):
    "Show a section whose heading is marked `{.first}` as the first of the page, though its cells run later."
    def begin(self):
        levels = [heading_level(cell) for cell in self.nb.cells]
        marked = next((n for n, cell in enumerate(self.nb.cells) if levels[n] and re.search(r'^#+ .*\{\.first\}', cell.source)), None)
        if marked is None: return
        is_end = lambda n: levels[n] and levels[n] <= levels[marked]
        end = next((n for n in range(marked + 1, len(levels)) if is_end(n)), len(levels))
        start = next(n for n in range(marked + 1) if levels[n] == levels[marked])
        cells = list(self.nb.cells)
        self.nb.cells[:] = cells[:start] + cells[marked:end] + cells[start:marked] + cells[end:]


def short_lines(cell):
    "Break the lines of code that a page could not show whole."
    if cell.cell_type == 'code' and cell.source: cell.source = lines.wrap(cell.source)


OWNED = re.compile(r"((?:[Rr]eference['’]s|local-attention(?:['’]s)?(?: [\d.]+)?,?) )`(\w+)`")
OF = re.compile(r"`(\w+)`( of (?:the reference|\[?local-attention)\b)")


def names_of_others(cell):
    "Keep nbdev from linking the reference's names to ours: 'the reference's `LocalMHA`', '`LocalMHA` of the reference'."
    if cell.cell_type == 'markdown' and cell.source: cell.source = OF.sub(r'<code>\1</code>\2', OWNED.sub(r'\1<code>\2</code>', cell.source))


class ForSite(FilterDefaults):
    "nbdev's preparation without hidden cells from the start, and with entries of our own, for which no cell is run."
    def base_procs(self):
        ours = {add_show_docs: add_entries, exec_show_docs: None, add_fold: same_exercises, mv_exports: None}
        return list(filter(None, [drop_hidden, names_of_others, *(ours.get(p, p) for p in super().base_procs()), short_lines, results_first]))


class ForReadme(FilterDefaults):
    "nbdev's preparation, without the steps that run cells to document what they export."
    def base_procs(self): return [p for p in super().base_procs() if p not in (add_show_docs, exec_show_docs)]


def notebook_of_page():
    "Which notebook makes each page of the published site: 'windows.html' -> '01_windows.ipynb'."
    paths = [Path(p).relative_to('nbs') for p in nbglob('nbs')]
    return {_nbpath2html(p).as_posix(): p.as_posix() for p in paths}


def link_to_notebooks(text, target):
    "`text` with each link to a name on the published site replaced by `target(notebook, name)`, or dropped inside another link."
    cfg, notebooks = get_config(), notebook_of_page()
    link = re.compile(re.escape(f'{cfg.doc_host}{cfg.doc_baseurl}/') + r'([\w/.-]+\.html)#([\w.]+)')
    text = LINK_IN_LINK.sub(r'[\1\2\3](', text)
    return link.sub(lambda m: target(notebooks[m[1]], m[2]) if m[1] in notebooks else m[0], text)
