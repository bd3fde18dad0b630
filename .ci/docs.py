"""Build the docs site into _docs: nbdev prepares the notebooks in _proc, smalldocs renders them.

nbdev turns names in backticks into links to the published site. Here they become links between the site's own files,
so that they also work in a local copy."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

from nbdev.config import get_config
from nbdev.doclinks import _nbpath2html, nbglob
from nbdev.quarto import refresh_quarto_yml
from nbdev.serve import proc_nbs


def notebook_of_page():
    "Which notebook makes each page of the published site: 'windows.html' -> '01_windows.ipynb'."
    paths = [Path(p).relative_to('nbs') for p in nbglob('nbs')]
    return {_nbpath2html(p).as_posix(): p.as_posix() for p in paths}


def link_to_notebooks(text, target):
    "`text` with each link to the published site's page#name replaced by `target(notebook, name)`."
    cfg, notebooks = get_config(), notebook_of_page()
    link = re.compile(re.escape(f'{cfg.doc_host}{cfg.doc_baseurl}/') + r'([\w/.-]+\.html)#([\w.]+)')
    return link.sub(lambda m: target(notebooks[m[1]], m[2]) if m[1] in notebooks else m[0], text)


def local_links():
    "Make nbdev's links in _proc local, and leave out what only Quarto and a public repository can use."
    pages = {p.relative_to('_proc').as_posix(): p.read_text(encoding='utf-8') for p in Path('_proc').rglob('*.ipynb')}
    shown = {page: {name.lower() for name in re.findall(r'"### ([\w.]+)\\n"', text)} for page, text in pages.items()}

    def target(notebook, name):
        "The name's own heading, else its class's, else the page."
        anchors = [n for n in (name, name.split('.')[0]) if n in shown[notebook]]
        return f'/{notebook}' + (f'#{anchors[0]}' if anchors else '')

    for page, text in pages.items():
        text = link_to_notebooks(text, target)
        text = re.sub(r'\[source\]\(\S+?\)\{[^}]*\}', '', text)  # the source itself stands below
        text = re.sub(r'output-file: \S+?\\n', '', text)
        text = re.sub(r'(```python\\n",)\s*"\\n",', r'\1', text)  # an empty line before each signature
        Path('_proc', page).write_text(text, encoding='utf-8')


def build():
    "Write the site to _docs."
    refresh_quarto_yml()
    proc_nbs('nbs', force=True)
    local_links()
    subprocess.run([Path(sys.executable).with_name('smalldocs'), 'render', '_proc', '--quiet'], check=True)
    shutil.rmtree('_docs', ignore_errors=True)
    shutil.move('_proc/_docs', '_docs')


if __name__ == '__main__':
    build()
    print('the site is in _docs: python3 -m http.server --directory _docs')
