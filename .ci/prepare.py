"""How nbdev prepares the notebooks for the site and for README.md, and where its links lead.

nbdev turns names in backticks into links to the published site."""
import re
from functools import partial
from pathlib import Path

import nbdev.processors
from local_attention_nb._modidx import d as index
from nbdev.config import get_config
from nbdev.doclinks import NbdevLookup, _nbpath2html, nbglob
from nbdev.processors import FilterDefaults, add_show_docs, exec_show_docs

LINK_IN_LINK = re.compile(r'\[([^]["\n]*)\[(`[^`\n]+`)\]\(https:[^)\s]+\)([^]["\n]*)\]\(')
EXPORTED = {'export', 'exports', 'exporti'}

# A name that the drop-in for local-attention shares with the library leads to the library.
nbdev.processors.NbdevLookup = partial(NbdevLookup, skip_mods=tuple(m for m in index['syms'] if '.compat' in m))


def drop_hidden(cell):
    "Drop a hidden cell before nbdev runs it, which it would if the cell holds an import."
    if 'hide' in cell.directives_ and not EXPORTED & cell.directives_.keys(): del cell['source']


class ForSite(FilterDefaults):
    "nbdev's preparation, without hidden cells from the start."
    def base_procs(self): return [drop_hidden, *super().base_procs()]


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
