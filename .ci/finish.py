"""Give the pages that smalldocs rendered their final form: one light shell around the text, and all they need beside them.

Formulas are set by KaTeX when the site is built, fonts and pictures become files of the site, and each page loads one style sheet
and one script. What smalldocs wrote into the text, which is Quarto's markup, is kept where it is good and replaced where it is not:
folds become <details>, which a keyboard opens; outputs of one cell that follow each other become one box; headings do not skip levels."""
import base64
import html
import io
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import npm
from bs4 import BeautifulSoup, Comment, NavigableString
from nbdev.config import get_config
from PIL import Image

ASSETS = Path(__file__).with_name('site')
SUBSETS = 'latin', 'greek', 'latin-ext'
FONTS = {'@fontsource-variable/source-sans-3': ('index.css',), '@fontsource-variable/source-code-pro': ('index.css',)}  # the browser slants them: italics would weigh 28 kB
PRELOAD = 'fonts/source-sans-3-latin-wght-normal.woff2'
HEADINGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6']
ALIGNED = re.compile(r'\S {2,}\S')  # columns in a line of text


def soup(text): return BeautifulSoup(text, 'html.parser')


def tag(text): return soup(text).contents[0]


# What need not be parsed, formulas and code, waits aside and is put into the page at the end

MADE, MARK = [], '\ue000{}\ue001'
CODE = re.compile(r'(<pre class="sourceCode[^>]*><code[^>]*>)(.*?)(</code></pre>)', re.S)


def later(made, source=''):
    "Put something aside, with what to show of it where it cannot stand; gives back the mark for its place."
    MADE.append((made, source))
    return MARK.format(len(MADE) - 1)


def with_the_rest(text): return re.sub('\ue000(\\d+)\ue001', lambda m: MADE[int(m[1])][0], text)


def in_words(text): return re.sub('\ue000(\\d+)\ue001', lambda m: MADE[int(m[1])][1], text)


KINDS = {'k': 'kw cf im', 's': 'st ss vs ch', 'c': 'co do an', 'n': 'dv fl bn cn sc', 'f': 'fu at dt'}  # keyword, string, comment, number, function
SHORT = {name: kind for kind, names in KINDS.items() for name in names.split()}


def colours(code):
    "Five colours, in short tags, which neighbours of one colour share: a page has thousands of them."
    code = code.replace('&quot;', '"').replace('&#x27;', "'")
    code = re.sub(r'<span class="(\w+)">([^<]*)</span>', lambda m: f'<c-{SHORT[m[1]]}>{m[2]}</c-{SHORT[m[1]]}>' if m[1] in SHORT else m[2], code)
    return re.sub(r'</c-(\w)>(\s*)<c-\1>', r'\2', code)


@dataclass
class Page:
    "A page as smalldocs wrote it, and what we read off it."
    path: Path
    site: Path
    main: object = None
    title: str = ''
    description: str = ''
    problems: list = field(default_factory=list)

    def __post_init__(self):
        self.read = soup(CODE.sub(lambda m: m[1] + later(colours(m[2])) + m[3], self.path.read_text(encoding='utf-8')))
        self.main = self.read.find('main')
        self.title = self.main.h1.get_text(strip=True) if self.main.h1 else self.path.stem
        about = self.read.find('meta', attrs={'name': 'description'})
        self.description = about['content'] if about else ''

    @property
    def href(self): return self.path.relative_to(self.site).as_posix()

    @property
    def root(self): return '../' * self.href.count('/')


# The parts of the text

def only_the_text(page):
    "Take away what the shell brings itself."
    for part in page.main.select('#title-block-header, #quarto-back-to-top, .page-navigation, main > hr'): part.decompose()
    for comment in page.main.find_all(string=lambda s: isinstance(s, Comment)): comment.extract()


def folds(page):
    "Callouts that open and methods of a class become <details>; other callouts notes with a title."
    for box in page.main.select('.callout'):
        head, body = box.select_one('.callout-header'), box.select_one('.callout-body')
        kind = next((c.removeprefix('callout-') for c in box['class'] if c in ('callout-tip', 'callout-note', 'callout-warning', 'callout-important', 'callout-caution')), 'note')
        title = head.select_one('.callout-title-container').decode_contents().strip() if head else kind.title()
        opens = bool(box.select_one('.callout-collapse'))
        outer = tag(f'<details class="callout {kind}"><summary>{title}</summary></details>' if opens else
                    f'<div class="callout {kind}" role="note"><p class="callout-title">{title}</p></div>')
        if opens and 'collapsed' not in head.get('class', []): outer['open'] = ''
        for child in list(body.contents): outer.append(child.extract())
        box.replace_with(outer)
    for box in page.main.select('.api-method'):
        heading = box.find(HEADINGS)
        owner = next((p for p in (box.find_parent(class_='level3'), box.find_parent('section')) if p), None)
        said = next((p for p in box.find_all('p', recursive=False)), None) or next((p for s in box.find_all('section') for p in s.find_all('p', recursive=False)), None)
        outer = tag('<details class="api-method"><summary></summary></details>')
        outer['id'] = heading.get('data-anchor-id') or heading.get('id')
        outer.summary.append(tag(f'<code>{heading.get_text(strip=True)}</code>'))
        if said: outer.summary.append(soup(f' <span>{said.decode_contents()}</span>'))
        for link in outer.summary.find_all('a'): link.unwrap()
        for child in list(box.contents): outer.append(child.extract())
        heading.decompose()
        if said: said.decompose()
        box.replace_with(outer)


def headings(page):
    "No heading lies more than one level below the one before it; each has the id that links lead to."
    level = 1
    for heading in page.main.find_all(HEADINGS):
        level = min(int(heading.name[1]), level + 1)
        heading.name = f'h{level}'
        name = heading.attrs.pop('data-anchor-id', None) or heading.get('id')
        section = heading.find_parent('section')
        heading.attrs = {'id': name} if name else {}
        if name and name.startswith('api-'): heading['class'] = 'api-name'
        if section and section.get('id') == name: section.attrs = {}


def code_blocks(page):
    "Blocks of code, to which the page's script adds a copy button; and the outputs of one cell in one box."
    for block in page.main.select('.code-copy-outer-scaffold'):
        pre = block.pre.extract()
        language = next((c for c in pre.get('class', []) if c not in ('sourceCode', 'cell-code') and not c.startswith('code-')), '')
        pre.attrs = {'class': f'code {language}'.strip(), 'data-scroll': ''}
        pre.code.attrs = {}
        box = tag('<div class="code-box"></div>')
        box.insert(0, pre)
        block.replace_with(box)
    for cell in page.main.select('.cell'):
        last = None
        for output in cell.find_all(class_='cell-output', recursive=False):
            inner = [c for c in output.children if not isinstance(c, NavigableString) or c.strip()]
            text = inner[0] if len(inner) == 1 and inner[0].name == 'pre' else None
            before = output.find_previous_sibling()
            if text and last and before is last.parent:
                last.code.append('\n' + text.get_text().rstrip('\n'))
                output.decompose()
            else: last = text
    for cell in page.main.select('.cell'): cell.unwrap()
    for pre in page.main.select('.cell-output > pre'):
        if 'sourceCode' in pre.get('class', []): continue
        lines = pre.get_text().splitlines()
        aligned = sum(len(ALIGNED.findall(line.strip())) > 1 for line in lines) >= 3
        pre.attrs = {'class': 'output', **({'data-scroll': ''} if aligned else {})}


TABLE = re.compile(r'^\|.*\|\n\| *:?-+.*\|\n(?:\|.*\|(?:\n|$))+', re.M)


def printed_tables(page):
    "A table that a cell prints in Markdown's form becomes a table."
    split = lambda line: [html.escape(c.strip()) for c in re.split(r'(?<!\\)\|', line.strip().strip('|'))]
    row = lambda line, name: '<tr>' + ''.join(f'<{name}>{c}</{name}>' for c in split(line)) + '</tr>'

    def made(text):
        head, _, *body = text.strip().splitlines()
        return f'<table><thead>{row(head, "th")}</thead><tbody>{"".join(row(line, "td") for line in body)}</tbody></table>'
    for pre in page.main.select('.cell-output > pre.output'):
        text = pre.get_text()
        found = list(TABLE.finditer(text))
        if not found: continue
        ends = [0, *(m.end() for m in found)]
        between = [text[a:b].strip('\n') for a, b in zip(ends, [*(m.start() for m in found), len(text)])]
        parts = [part for prose, table in zip(between, [*found, None]) for part in (f'<pre class="output"><code>{html.escape(prose)}</code></pre>' if prose else '', made(table[0]) if table else '')]
        pre.replace_with(soup(''.join(parts)))


def tables(page):
    "Each cell knows the head of its column, under which it stands where a narrow screen takes the table apart."
    for table in page.main.find_all('table'):
        heads = [in_words(th.get_text(' ', strip=True)) for th in table.select('thead tr:last-child > *')]
        for th in table.select('thead th'):
            if th.get_text(strip=True): th['scope'] = 'col'
            else: th.name = 'td'
        for row in table.select('tbody tr'):
            cells = row.find_all(['td', 'th'], recursive=False)
            if len(cells) == len(heads) and not table.find_parent(class_='api-parameters'):
                for cell, head in zip(cells, heads): cell['data-head'] = head
        columns = list(zip(*(row.find_all(['td', 'th'], recursive=False) for row in table.select('tr'))))
        for cells in columns[1:]:
            if all(re.match(r'[-−+]?\d[\d,.]*(\s?\S{1,5})?$', c.get_text(strip=True)) for c in cells if c.find_parent('tbody')):
                for cell in cells: cell['class'] = 'number-cell'
        box = table.find_parent(class_='sd-table')
        if box: box['class'] = 'table-box'
        else: table.wrap(tag('<div class="table-box"></div>'))
        for name in ('border', 'style', 'class'): table.attrs.pop(name, None)


def pictures(page):
    "Pictures become files, as small as they go without loss; a wide one opens large on a tap."
    for n, img in enumerate(page.main.find_all('img')):
        match = re.fullmatch(r'data:image/png;base64,(.*)', img.get('src', ''), re.DOTALL)
        img.attrs.pop('class', None)
        if not match: continue
        data = base64.b64decode(match[1])
        picture = Image.open(io.BytesIO(data))
        buffer = io.BytesIO()
        picture.save(buffer, 'webp', lossless=True, method=4, quality=60)
        suffix, data = min(('webp', buffer.getvalue()), ('png', data), key=lambda kind: len(kind[1]))
        name = f"images/{page.href.removesuffix('.html').replace('/', '-')}-{n}.{suffix}"
        (page.site/name).parent.mkdir(exist_ok=True)
        (page.site/name).write_bytes(data)
        img['src'] = page.root + name
        img.attrs |= {'width': picture.width, 'height': picture.height, 'decoding': 'async', **({'loading': 'lazy'} if n else {})}
        if picture.width > 1.6 * picture.height: img.wrap(tag(f'<a class="zoom" href="{page.root + name}"></a>'))


def repeated(page):
    "Ids that occur twice, as when a page shows the same drawing twice, are kept on the first."
    seen = set()
    for element in page.main.find_all(id=True):
        if element['id'] in seen: del element['id']
        else: seen.add(element['id'])


def formulas(pages):
    "Set all formulas of all pages with KaTeX; whether that could be done."
    katex = npm.folder('katex')
    found = [(page, span) for page in pages for span in page.main.select('.math')]
    if not katex or not shutil.which('node'): return False
    given = [[span.get_text()[2:-2], 'display' in span['class']] for _, span in found]
    done = subprocess.run(['node', ASSETS/'formulas.js', katex], input=json.dumps(given), text=True, capture_output=True, check=True)
    for (page, span), (tex, _), made in zip(found, given, json.loads(done.stdout)):
        if isinstance(made, dict): page.problems.append(f"{page.href}: {made['error']} in {tex}")
        else: span.replace_with(NavigableString(later(made, tex.replace('\\', ''))))
    return True


STEPS = only_the_text, folds, headings, code_blocks, printed_tables, tables, pictures, repeated


# The shell

def sidebar(page):
    "The site's pages as the sidebar lists them: (section or None, [(href from the root, title)])."
    listed = []
    for item in page.read.select('#quarto-sidebar .sidebar-menu-container > ul > li'):
        links = item.select('ul a.sidebar-link') or item.select('a.sidebar-link')
        section = item.select_one('.sidebar-item-container').get_text(strip=True) if item.ul else None
        listed.append((section, [(os.path.normpath(page.path.parent.relative_to(page.site)/a['href']), a.get_text(strip=True)) for a in links if a.get('href')]))
    return listed


def chapter(href):
    "The number of a chapter, which its file's name begins with, or '': 10_sdpa is 10."
    number = re.match(r'(\d+)_(?:([a-z])_)?', Path(href).name)
    return f'{int(number[1])}{number[2] or ""}' if number else ''


def numbered(href, title):
    number = chapter(href)
    return (f'<span class="number">{number}</span> ' if number else '') + html.escape(title)


def navigation(page, listed):
    "The list of pages, with each section in a fold."
    def link(href, title):
        here = ' aria-current="page"' if href == page.href else ''
        return f'<li><a href="{page.root}{href}"{here}>{numbered(href, title)}</a></li>'
    parts = []
    for section, links in listed:
        inner = '<ul>' + ''.join(link(*a) for a in links) + '</ul>'
        parts.append(f'<details open><summary>{html.escape(section)}</summary>{inner}</details>' if section else inner)
    return f'<nav class="site-nav" id="site-nav" aria-label="Pages">{"".join(parts)}</nav>'


def contents(page):
    "The headings of the page, two levels deep."
    items = []
    for heading in page.main.find_all(['h2', 'h3']):
        if not heading.get('id'): continue
        copy = soup(heading.decode_contents())
        for link in copy.find_all('a'): link.unwrap()
        items.append(f'<li class="{heading.name}"><a href="#{heading["id"]}">{copy}</a></li>')
    if len(items) < 2: return ''
    return f'<details class="toc" open><summary>On this page</summary><nav aria-label="On this page"><ul>{"".join(items)}</ul></nav></details>'


def trail(page, listed):
    "The section that the page is in, when it has another name."
    section = next((s for s, links in listed if s and any(href == page.href for href, _ in links)), None)
    parts = [section] if section and section != page.title else []
    if chapter(page.href): parts.append(f'Chapter {chapter(page.href)}')
    return f'<p class="trail">{" › ".join(map(html.escape, parts))}</p>' if parts else ''


def neighbours(page, listed):
    "Links to the page before and the page after."
    order = [link for _, links in listed for link in links]
    here = next((n for n, (href, _) in enumerate(order) if href == page.href), None)
    if here is None: return ''
    before, after = order[here - 1] if here else None, order[here + 1] if here + 1 < len(order) else None
    make = lambda link, rel, word: f'<a rel="{rel}" href="{page.root}{link[0]}"><span>{word}</span> {numbered(*link)}</a>' if link else '<span></span>'
    return f'<nav class="neighbours" aria-label="Next and previous page">{make(before, "prev", "Previous")}{make(after, "next", "Next")}</nav>'


def shell(page, listed, site_title, katex):
    "The whole page."
    old_head = ''.join(str(t) for t in page.read.head.select('link[href*=katex], script[src*=katex]')) if katex is False else ''
    has_math = katex and 'class="katex' in with_the_rest(str(page.main))
    values = dict(
        title=html.escape(page.title if page.title == site_title else f'{page.title} – {site_title}'), description=html.escape(page.description, quote=True),
        root=page.root or './', site=html.escape(site_title), heading=html.escape(page.title), said=f'<p class="description">{html.escape(page.description)}</p>' if page.description else '',
        math=f'<link rel="stylesheet" href="{page.root}katex/katex.min.css">' if has_math else old_head,
        font=f'<link rel="preload" href="{page.root}{PRELOAD}" as="font" type="font/woff2" crossorigin>' if (page.site/PRELOAD).exists() else '',
        nav=navigation(page, listed), toc=contents(page), trail=trail(page, listed), neighbours=neighbours(page, listed),
        text=page.main.decode_contents())
    template = (ASSETS/'page.html').read_text(encoding='utf-8')
    return with_the_rest(re.sub(r'\{\{(\w+)\}\}', lambda m: values[m[1]], template))


# What lies beside the pages

def fonts(site):
    "Copy the fonts, and give back the CSS that names them; '' without npm."
    css = ''
    for name, sheets in FONTS.items():
        source = npm.folder(name)
        if not source: return ''
        (site/'fonts').mkdir(exist_ok=True)
        for sheet in sheets:
            for face in re.findall(r'@font-face\s*{.*?}', (source/sheet).read_text(encoding='utf-8'), re.DOTALL):
                file = re.search(r'url\(\./files/([\w.-]+\.woff2)\)', face)[1]
                if not re.search(rf'-({"|".join(SUBSETS)})-wght', file): continue
                shutil.copy(source/'files'/file, site/'fonts')
                css += face.replace('./files/', 'fonts/') + '\n'
    return css


def squeezed(css):
    "CSS without comments and without white space that says nothing."
    return re.sub(r'\s+', ' ', re.sub(r'/\*.*?\*/', '', css, flags=re.S))


def used_rules(css):
    "KaTeX's rules for the classes that some formula of the site has, and its fonts as woff2 alone."
    css = re.sub(r',url\([^)]*\.(woff|ttf)\) format\("\w+"\)', '', css)
    used = {name for made, _ in MADE for names in re.findall(r'class="([^"]*)"', made) for name in names.split()} | {'katex', 'katex-display', 'leqno', 'fleqn'}
    needed = lambda selector: set(re.findall(r'\.([a-zA-Z][\w-]*)', selector)) <= used

    def kept(rule):
        selectors = [s for s in rule[1].split(',') if needed(s)]
        return rule[0] if rule[1].startswith('@') else ','.join(selectors) + rule[2] if selectors else ''
    return re.sub(r'([^{}]+)(\{[^{}]*\})', kept, css)


def beside(site):
    "Write the style sheet, the script, the fonts and KaTeX's own."
    sheets = [fonts(site), (ASSETS/'shell.css').read_text(encoding='utf-8'), (site/'styles.css').read_text(encoding='utf-8')]
    (site/'site.css').write_text(squeezed('\n'.join(sheets)), encoding='utf-8')
    shutil.copy(ASSETS/'site.js', site/'site.js')
    for old in ('styles.css', 'search.json'): (site/old).unlink(missing_ok=True)
    shutil.rmtree(site/'site_libs')
    katex = npm.folder('katex')
    if katex:
        (site/'katex/fonts').mkdir(parents=True)
        css = (katex/'dist/katex.min.css').read_text(encoding='utf-8')
        (site/'katex/katex.min.css').write_text(used_rules(css), encoding='utf-8')
        for font in (katex/'dist/fonts').glob('*.woff2'): shutil.copy(font, site/'katex/fonts')


def main_names():
    "The names that `import local_attention_nb` offers, which the search puts before others."
    cfg = get_config()
    return set(re.findall(r'\w+', ' '.join(re.findall(r'import (.*)', (Path(cfg.lib_path)/'__init__.py').read_text(encoding='utf-8')))))


def records(page):
    "What the search knows of a page: for each heading its own text; for each entry the names of its parameters too."
    found = [dict(href=page.href, page=page.title, heading='', text=[page.description], names=[])]
    for element in page.main.find_all([*HEADINGS, 'p', 'li', 'td', 'figcaption', 'summary', 'details']):
        name = element.get('id') or ''
        if element.name in HEADINGS or element.name == 'details' and name.startswith('api-'):
            title = name.removeprefix('api-') if name.startswith('api-') else element.get_text(' ', strip=True)
            found.append(dict(href=f'{page.href}#{name}' if name else page.href, page=page.title, heading=title, text=[], names=[]))
            if name.startswith('api-'): found[-1]['api'] = 2 if title in main_names() else 1
        elif element.name == 'summary' and element.find_parent('details').get('id'): found[-1]['text'].append(element.span.get_text() if element.span else '')
        elif element.name == 'td' and element.find_parent(class_='api-parameters') and element.find_previous_sibling() is None: found[-1]['names'].append(element.get_text(strip=True))
        elif element.name != 'details' and not element.find(['p', 'li', 'td']): found[-1]['text'].append(re.sub('\ue000.*?\ue001', '', element.get_text(' ', strip=True)))
    for record in found: record['text'] = re.sub(r'\s+', ' ', ' '.join(record['text'])).strip()
    return [r for r in found if r['text'] or r['heading']]


def finish(site):
    "Rewrite the site in place; gives back a line for each thing that could not be made."
    site = Path(site)
    MADE.clear()
    pages = [Page(path, site) for path in sorted(site.rglob('*.html'))]
    index = next(p for p in pages if p.href == 'index.html')
    listed = sidebar(index)
    katex = formulas(pages)
    for page in pages:
        for step in STEPS: step(page)
    order = {href: n for n, (href, _) in enumerate(link for _, links in listed for link in links)}
    pages.sort(key=lambda p: order.get(p.href, len(order)))
    search = [r for p in pages for r in records(p)]
    beside(site)
    (site/'search.json').write_text(json.dumps(search, ensure_ascii=False, separators=(',', ':')), encoding='utf-8')
    for page in pages: page.path.write_text(shell(page, listed, index.title, katex), encoding='utf-8')
    return [problem for page in pages for problem in page.problems]
