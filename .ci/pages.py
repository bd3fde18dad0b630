"""Find what is wrong with the pages of the built site.

A page needs a title and a description, links that lead somewhere, and at most MOST_BYTES together with the files of
ours that it loads. A picture needs alternative text, and a figure around it with a caption. The site shows both as they
are written, so Markdown in them is a mistake."""
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

MOST_BYTES = 1_500_000  # of a page and the styles, scripts and pictures that it loads from the site
MARKDOWN = re.compile(r'[$`]|\]\(')


class Page(HTMLParser):
    "What a page defines, refers to and shows."
    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads = set(), set(), set()
        self.pictures, self.captions = [], []  # (alternative text, number of its figure or None), caption of each figure
        self.text, self.description = {'title': '', 'h1': ''}, ''
        self.unread = []  # Markdown links that are shown as they were written
        self.figure = None  # the number of the figure that we are in
        self.open = None  # what the text at this place belongs to: 'title', 'h1', 'figcaption' or 'code'
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids |= {attrs[key] for key in ('id', 'name') if attrs.get(key)}
        self.links |= {attrs[key] for key in ('href', 'src') if attrs.get(key)}
        if tag in ('img', 'script', 'link'): self.loads |= {attrs[key] for key in ('href', 'src') if attrs.get(key)}
        if tag in ('title', 'h1', 'figcaption', 'code'): self.open = tag
        if tag == 'figure':
            self.captions.append('')
            self.figure = len(self.captions) - 1
        if tag == 'meta' and attrs.get('name') == 'description': self.description = attrs.get('content') or ''
        if tag == 'img': self.pictures.append((attrs.get('alt') or '', self.figure))
        if tag == 'svg' and attrs.get('role') == 'img': self.pictures.append((attrs.get('aria-label') or '', self.figure))

    def handle_data(self, data):
        if self.open in self.text: self.text[self.open] += data
        elif self.open == 'figcaption' and self.captions: self.captions[-1] += data
        link = r'`\]\(\S+\)' if self.open == 'code' else r'\]\([#/.\w]\S*\)'
        if self.cdata_elem is None: self.unread += re.findall(link, data)

    def handle_endtag(self, tag):
        if tag == self.open: self.open = None
        if tag == 'figure': self.figure = None


def broken(path, link, pages):
    "Why `link` on the page at `path` is broken, or None."
    url = urlsplit(link)
    if url.scheme or url.netloc: return None
    target = (path.parent/unquote(url.path)).resolve() if url.path else path
    if target.is_dir(): target = target/'index.html'
    if not target.exists(): return f'no file for {link}'
    if url.fragment and target in pages and unquote(url.fragment) not in pages[target].ids: return f'no anchor for {link}'


def unexplained(page):
    "What is missing from the pictures and figures of a page, which are counted from 1."
    for n, (alt, figure) in enumerate(page.pictures, 1):
        caption = '' if figure is None else page.captions[figure].strip()
        if not alt.strip(): yield f'picture {n} ({caption or "no caption either"}) has no alternative text; write #| fig-alt'
        if not caption: yield f'picture {n} ({alt or "no alternative text either"}) has no caption; write #| fig-cap'
        if alt and alt.strip() == caption: yield f'picture {n} has its caption for alternative text: {alt}'
        for text in (alt, caption):
            if MARKDOWN.search(text): yield f'picture {n} has Markdown in a text that is shown as it stands: {text}'


def weight(path, page):
    "Bytes of a page and of what it loads from the site."
    urls = [urlsplit(link) for link in page.loads]
    files = {(path.parent/unquote(u.path)).resolve() for u in urls if u.path and not u.scheme and not u.netloc}
    return path.stat().st_size + sum(f.stat().st_size for f in files if f.is_file())


def faults(path, page, pages):
    "Each thing that is wrong with one page."
    if not page.text['title'].strip() or not page.text['h1'].strip(): yield 'no title; begin the notebook with "# Title"'
    if not page.description.strip(): yield 'no description; write "> one line" below the title'
    yield from filter(None, (broken(path, link, pages) for link in sorted(page.links)))
    yield from unexplained(page)
    for link in page.unread: yield f'a link that is shown as it was written: ...{link}'
    if weight(path, page) > MOST_BYTES: yield f'{weight(path, page):,} bytes with what it loads, more than {MOST_BYTES:,}'


def problems(site):
    "A line for each problem of the pages in the folder `site`."
    site = Path(site).resolve()
    pages = {path: Page(path) for path in sorted(site.rglob('*.html'))}
    return [f'{path.relative_to(site)}: {fault}' for path, page in pages.items() for fault in faults(path, page, pages)]
