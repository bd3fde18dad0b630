"""Build the docs site into _docs: nbdev prepares the notebooks in _proc, smalldocs renders them.

Then print what is wrong with the pages and with the notebooks' cells, and fail if anything is."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cells
import nbdev.serve
import npm
import pages
from api import anchor
from export import run
from finish import finish
from nbdev.quarto import refresh_quarto_yml
from prepare import ForSite, link_to_notebooks, package

LINKED_NAME = re.compile(r'\[(`[^`\]]+`)\]\([^)\s]*\)')


def local_links():
    "Make nbdev's links in _proc lead to the site's own pages, so that a local copy works, and tidy what nbdev wrote."
    texts = {p.relative_to('_proc').as_posix(): p.read_text(encoding='utf-8') for p in Path('_proc').rglob('*.ipynb')}
    shown = {page: {a.lower(): a for a in re.findall(r'\{#(api-[\w.]+) ', text)} for page, text in texts.items()}

    def target(notebook, name):
        "The name's own entry, else its class's, else the page."
        entry = next((shown[notebook][a] for a in (anchor(name).lower(), anchor(name.split('.')[0]).lower()) if a in shown[notebook]), None)
        return f'/{notebook}' + (f'#{entry}' if entry else '')

    for page, text in texts.items():
        text = link_to_notebooks(text, target)
        text = re.sub(r'```python.*?```', lambda code: LINKED_NAME.sub(r'\1', code[0]), text, flags=re.DOTALL)  # nbdev links names in comments too
        text = re.sub(r'\[source\]\(\S+?\)\{[^}]*\}', '', text)  # the source itself stands below
        text = re.sub(r'output-file: \S+?\\n', '', text)  # for Quarto only
        text = re.sub(r'(```python\\n",)\s*"\\n",', r'\1', text)  # an empty line before each signature
        Path('_proc', page).write_text(text, encoding='utf-8')


def build():
    "Write the site to _docs; gives back the warnings of smalldocs. Broken links are left to `pages`, which knows more."
    refresh_quarto_yml()
    nbdev.serve.FilterDefaults = ForSite
    nbdev.serve.proc_nbs('nbs', force=True)
    local_links()
    printed = run([Path(sys.executable).with_name('smalldocs'), 'render', '_proc', '--quiet'], '.')
    shutil.rmtree('_docs', ignore_errors=True)
    shutil.move('_proc/_docs', '_docs')
    lacking = npm.fetch()
    if lacking: print(lacking)
    return finish('_docs') + [line for line in printed.splitlines() if line.startswith('warning: ') and 'broken link' not in line]


def without_entry():
    "A line for each public name of the package that no page documents."
    shown = set(re.findall(r'id="api-([\w.]+)"', ''.join(p.read_text(encoding='utf-8') for p in Path('_docs').rglob('*.html'))))
    public = [d for name, d in package().known.items() if not d.owner and not name.startswith('_')]
    names = [d.name for one in public for d in (one, *package().public_methods(one))]
    return [f'{name} has no entry on any page' for name in names if name not in shown]


def main():
    "Build the site and say what is wrong with it."
    problems = build() + cells.problems(cells.NOTEBOOKS) + pages.problems('_docs') + without_entry()
    print('the site is in _docs: python3 -m http.server --directory _docs')
    for problem in problems: print(problem)
    return bool(problems)


if __name__ == '__main__': sys.exit(main())
