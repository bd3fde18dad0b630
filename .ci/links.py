"Find links inside the built site that lead nowhere."
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    "The ids that a page defines and the addresses that it refers to."
    def __init__(self, path):
        super().__init__()
        self.ids, self.links = set(), set()
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attrs):
        for key, value in attrs:
            if key in ('id', 'name') and value: self.ids.add(value)
            if key in ('href', 'src') and value: self.links.add(value)


def problem(path, link, pages):
    "Why `link` on the page at `path` is broken, or None."
    url = urlsplit(link)
    if url.scheme or url.netloc: return None
    target = (path.parent/unquote(url.path)).resolve() if url.path else path
    if target.is_dir(): target = target/'index.html'
    if not target.exists(): return f'no file for {link}'
    if url.fragment and target in pages and unquote(url.fragment) not in pages[target].ids: return f'no anchor for {link}'


def broken_links(site):
    "A line for each broken link, image or anchor under the folder `site`."
    site = Path(site).resolve()
    pages = {path: Page(path) for path in sorted(site.rglob('*.html'))}
    found = [(path, problem(path, link, pages)) for path, page in pages.items() for link in sorted(page.links)]
    return [f'{path.relative_to(site)}: {why}' for path, why in found if why]
