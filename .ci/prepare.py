"""How nbdev prepares the notebooks for the site and for README.md, and where its links lead.

nbdev turns names in backticks into links to the published site."""
import re
from pathlib import Path

import api
import lines
from execnb.nbio import mk_cell

from nbdev.config import get_config
from nbdev.doclinks import _nbpath2html, nbglob
from nbdev.process import Processor
from nbdev.processors import FilterDefaults, add_fold, add_show_docs, exec_show_docs, mv_exports

LINK_IN_LINK = re.compile(r'\[([^]["\n]*)\[(`[^`\n]+`)\]\(https:[^)\s]+\)([^]["\n]*)\]\(')
EXPORTED = {'export', 'exports', 'exporti'}
SHOWN = {'export', 'exports'}


def drop_hidden(cell):
    "Drop a hidden cell before nbdev runs it, which it would if the cell holds an import."
    if 'hide' in cell.directives_ and not EXPORTED & cell.directives_.keys(): del cell['source']


def package():
    "The package as it stands, read once."
    if not hasattr(package, 'read'): package.read = api.Package.read(get_config().lib_path)
    return package.read


def heading_level(cell):
    "The level of the last heading in a Markdown cell, or None."
    found = re.findall(r'^(#{1,6}) ', re.sub(r'^```.*?^```', '', cell.source or '', flags=re.M | re.S), re.M) if cell.cell_type == 'markdown' else []
    return len(found[-1]) if found else None


class add_entries(Processor):
    "Put the reference entry of each exported name before the cell that defines it, and fold that cell's source."
    def begin(self):
        level, cells = 1, []
        for cell in self.nb.cells:
            level = heading_level(cell) or level
            found = api.entries(cell.source, package(), min(level + 1, 5)) if cell.cell_type == 'code' and SHOWN & cell.directives_.keys() else []
            cells += [mk_cell(text, 'markdown') for _, text in found]
            if found and 'exports' in cell.directives_:
                cell.source = f"#| code-fold: true\n#| code-summary: \"Source of {', '.join(name for name, _ in found)}\"\n{cell.source}"
            cells.append(cell)
        self.nb.cells[:] = cells


LABEL = re.compile(r'^(?:\*\*)?(\d+)\.(?:\*\*)? *\*?\((easy|medium|open|hard)\.?\)\*? *', re.I)
ANSWER = re.compile(r'^::: *\{\.callout-tip collapse="true" title="Answers?"\}.*\n:::\s*$', re.S)


class same_exercises(Processor):
    "Label all exercises alike, and take the code that follows an answer into its fold."
    def begin(self):
        cells, asked, answer = [], False, None
        for cell in self.nb.cells:
            if cell.cell_type == 'markdown' and cell.source:
                if re.match(r'#+ ', cell.source): asked = bool(re.match(r'#+ Exercises?\b', cell.source))
                if asked: cell.source = LABEL.sub(lambda m: f'**{m[1]}.** *({m[2].lower()})* ', cell.source)
                if answer: cells.append(mk_cell(':::', 'markdown'))
                answer = asked and ANSWER.match(cell.source)
                if answer: cell.source = cell.source.rstrip().removesuffix(':::').rstrip()
            cells.append(cell)
        self.nb.cells[:] = cells + ([mk_cell(':::', 'markdown')] if answer else [])


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


OWNED = re.compile(r"((?:[Rr]eference|local-attention)['’]s )`(\w+)`")
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
