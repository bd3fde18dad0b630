"""Open the built site in a browser that reaches no network: each page in both colour modes, on a desktop and on a phone.

Nothing may be wider than the screen or cut off, but for code; formulas are set, fonts and pictures are there, the console is silent, and
axe finds nothing serious. Then the site is used as a visitor would: search, keyboard, folds, contents, phone, print."""
import itertools
import re
import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import npm
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome')
FLAGS = ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--hide-scrollbars', '--window-size=1400,1100',
         '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage')
WIDTHS = {'desktop': 1400, 'phone': 390}
MOST_BYTES = 500_000  # of a page and everything that it loads
FIRST_FOUND = {'install': r'index\.html', 'exact_windowsize': 'api-LocalAttention$', 'LocalAttention': 'api-LocalAttention$', 'look-around': ''}


def missing():
    "What this machine lacks for these checks, or None."
    if not any(map(shutil.which, BROWSERS)): return 'no Chromium here; on Debian: apt-get install chromium chromium-driver'
    if not shutil.which('chromedriver'): return 'no chromedriver here; on Debian: apt-get install chromium-driver'


class Quiet(SimpleHTTPRequestHandler):
    "A web server that prints nothing."
    def log_message(self, *args): pass


@contextmanager
def served(folder):
    "The address at which the files of `folder` are served."
    server = ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try: yield f'http://127.0.0.1:{server.server_port}/'
    finally: server.shutdown()


@contextmanager
def browser():
    "A browser without a window, which loads nothing from other hosts."
    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, BROWSERS)))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in (*FLAGS, f'--user-data-dir={profile}'): options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which('chromedriver')))
        try:
            driver.set_script_timeout(120)
            driver.execute_cdp_cmd('Network.enable', {})
            driver.execute_cdp_cmd('Network.setBlockedURLs', {'urls': ['https://*']})
            yield driver
        finally: driver.quit()


def show_as(driver, width, dark, media=''):
    "Give the page the width of a screen, and the colour mode that a visitor prefers; media may be 'print'."
    screen = {'width': width, 'height': 1000, 'deviceScaleFactor': 1, 'mobile': width < 600}
    driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', screen)
    prefers = {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}
    driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'media': media, 'features': [prefers]})


# What a page looks like to its visitor. Marked as code that scrolls: pre[data-scroll].
LOOK = r'''
const done = arguments[arguments.length - 1], $$ = s => [...document.querySelectorAll(s)], name = e => e.outerHTML.slice(0, 100);
const look = async () => {
  $$('main details').forEach(fold => { fold.open = true; });
  $$('img[loading]').forEach(i => { i.loading = 'eager'; });
  await Promise.all([document.fonts.ready, ...[...document.images].map(i => i.complete || new Promise(r => { i.onload = i.onerror = r; }))]);
  await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
  const clips = e => getComputedStyle(e).overflowX !== 'visible', inside = e => e && e !== document.body && (clips(e) || inside(e.parentElement));
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), raw = [];
  while (words.nextNode()) if (/\\[([]/.test(words.currentNode.data) && !words.currentNode.parentElement.closest('pre, code, script, annotation')) raw.push(words.currentNode.data);
  const levels = $$('h1, h2, h3, h4, h5, h6').map(h => +h.localName[1]);
  return {
    width: document.documentElement.scrollWidth,
    out: $$('main *').filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !inside(e.parentElement)).map(name),
    cut: $$('main *, nav, header').filter(e => e.clientWidth > 2 && !getComputedStyle(e).clipPath.includes('inset') && clips(e) && e.scrollWidth > e.clientWidth + 1 && !e.matches('pre[data-scroll]')).map(name),
    raw: [...raw, ...$$('.katex-error').map(name)],
    skipped: levels.findIndex((level, n) => level > (levels[n - 1] || 0) + 1), headings: levels.filter(l => l === 1).length,
    images: [...document.images].filter(i => !i.naturalWidth).map(name),
    fonts: [...document.fonts].filter(f => f.status === 'error').map(f => f.family), text: document.fonts.check('16px "Source Sans 3 Variable"'),
    hidden: matchMedia('(max-width: 600px)').matches && $$('.copy').some(b => getComputedStyle(b).opacity < 1),
    loads: performance.getEntriesByType('resource').map(r => r.name),
    dark: document.documentElement.classList.contains('quarto-dark'), paper: getComputedStyle(document.body).backgroundColor};
};
look().then(done, error => done({error: String(error)}));'''
COLOURS_AND_SIZES = ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', 'target-size']  # what the second look is at
AXE = '''const [rules] = arguments, done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations'], ...(rules ? {runOnly: rules} : {})}).then(found => done(found.violations.filter(v => ['serious', 'critical'].includes(v.impact))
  .map(v => `${v.id} at ${v.nodes.length} places: ${v.nodes[0].html.slice(0, 150)}`)), error => done([String(error)]));'''


def page_faults(driver, width, dark):
    "What is wrong with the page that is open, on one screen."
    show_as(driver, width, dark)
    look = driver.execute_async_script(LOOK)
    if 'error' in look: return [look['error']]
    light_paper = sum(map(int, re.findall(r'\d+', look['paper'])[:3])) > 3 * 128
    wrong = {f"{look['width']} pixels wide": look['width'] > width, f"paper is {look['paper']}": look['dark'] != dark or light_paper == dark,
             'no font for the text': not look['text'] and npm.folder('katex'), f"heading {look['skipped']} skips a level": look['skipped'] >= 0,
             f"{look['headings']} headings of the first level": look['headings'] != 1, 'a copy button that nobody sees': look['hidden']}
    lists = {'sticks out': look['out'], 'is cut off': look['cut'], 'does not load': look['images'] + look['fonts'],
             'is a raw formula': look['raw'] if npm.folder('katex') else []}
    console = [f"console: {line['message']}" for line in driver.get_log('browser')] if npm.folder('katex') else []
    return [what for what, is_so in wrong.items() if is_so] + [f'{what}: {found[:3]}' for what, found in lists.items() if found] + console


def weight(driver, site):
    "Bytes of the page that is open and of all that it loaded; the search index comes when somebody searches."
    names = {driver.current_url, *driver.execute_script("return performance.getEntriesByType('resource').map(r => r.name)")}
    return sum(Path(site, unquote(urlsplit(name).path).lstrip('/')).stat().st_size for name in names if name.startswith('http://127.0.0.1'))


def axe_rules():
    "The script of axe, or None without npm."
    axe = npm.folder('axe-core')
    return (axe/'axe.min.js').read_text(encoding='utf-8') if axe else None


def pages(driver, site, address, names):
    "What is wrong with these pages, on each screen and in each mode."
    rules = axe_rules()
    for page in names:
        for dark, (screen, width) in itertools.product((False, True), WIDTHS.items()):
            where = f"{page}, {screen}, {'dark' if dark else 'light'}"
            show_as(driver, width, dark)
            if screen == 'desktop': driver.get(address + page)
            for fault in page_faults(driver, width, dark): yield f'{where}: {fault}'
            if screen == 'desktop' and not dark and (bytes := weight(driver, site)) > MOST_BYTES: yield f'{page}: {bytes:,} bytes with what it loads, more than {MOST_BYTES:,}'
            if rules and dark == (screen == 'phone'):  # each screen once, each mode once
                driver.execute_script(rules)
                for fault in driver.execute_async_script(AXE, COLOURS_AND_SIZES if dark else None): yield f'{where}: axe: {fault}'


def until(driver, condition): return WebDriverWait(driver, 10, poll_frequency=0.05).until(condition)


def keys(driver, *pressed): ActionChains(driver).send_keys(*pressed).perform()


def search(driver, address):
    "Whether a visitor who searches finds the right page first, by keyboard, and hears of it."
    show_as(driver, 1400, False)
    for word, first in FIRST_FOUND.items():
        driver.get(address)
        keys(driver, '/')
        keys(driver, word)
        results = until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, '[role=option]'))
        href = address + results[0].get_attribute('data-href').removeprefix('./')
        if not re.search(first, href): yield f'search for {word} finds {href} first'
        box = driver.find_element(By.CSS_SELECTOR, '[role=combobox]')
        keys(driver, Keys.ARROW_DOWN)
        active = box.get_attribute('aria-activedescendant'), box.get_attribute('aria-expanded')
        if active != ('result-0', 'true'): yield f'search: arrow down chooses {active}'
        if word == 'install' and (rules := axe_rules()):
            driver.execute_script(rules)
            for fault in driver.execute_async_script(AXE, None): yield f'search, open: axe: {fault}'
        keys(driver, Keys.ENTER)
        until(driver, lambda d: d.current_url == href)
        if not re.search(word.replace('-', '.'), driver.find_element(By.TAG_NAME, 'main').get_attribute('textContent'), re.IGNORECASE): yield f'search leads to {href}, without {word}'


def by_hand(driver, site, address):
    "What fails when a visitor uses the pages by keyboard and by mouse."
    show_as(driver, 1400, False)
    driver.get(address)
    run, find = driver.execute_script, partial(driver.find_element, By.CSS_SELECTOR)
    tests = []

    def expect(what, script):
        try: until(driver, lambda d: run(f'return {script}'))
        except TimeoutException: tests.append(f'{what}: not so: {script}')
    keys(driver, Keys.TAB)
    expect('the first tab stop is the skip link', "document.activeElement.className === 'skip'")
    keys(driver, Keys.ENTER)
    expect('it leads to the text', "document.activeElement.id === 'text' || location.hash === '#text'")
    find('.scheme').click()
    expect('the mode changes', "document.documentElement.classList.contains('quarto-dark')")
    page = next(p for p in sorted(Path(site).glob('*.html')) if all(s in p.read_text(encoding='utf-8') for s in ('<details class="callout', 'class="zoom"', 'class="katex')))
    driver.get(address + page.name)
    expect('the mode is kept', "document.documentElement.classList.contains('quarto-dark')")
    run('localStorage.clear()')
    for part in ('details.callout', '.site-nav details'):
        before = run(f"const s = document.querySelector('{part} > summary'); s.focus(); return s.parentElement.open")
        keys(driver, Keys.ENTER)
        expect(f'a keyboard opens and closes {part}', f"document.querySelector('{part}').open !== {str(before).lower()}")
    run("const h = [...document.querySelectorAll('main h2')].at(-2); h.scrollIntoView({behavior: 'instant'}); window.wanted = h.id")
    expect('the contents follow the reader', "document.querySelector('.toc [aria-current]')?.hash === '#' + window.wanted")
    show_as(driver, 390, False)
    driver.get(address + page.name)
    expect('contents are folded on a phone', "!document.querySelector('.toc').open")
    find('.menu').click()
    expect('the list of pages opens', "document.querySelector('.site-nav').checkVisibility()")
    keys(driver, Keys.ESCAPE)
    expect('and closes', "!document.querySelector('.site-nav').checkVisibility()")
    run("document.querySelector('a.zoom').scrollIntoView({block: 'center', behavior: 'instant'})")
    find('a.zoom').click()
    expect('a wide picture opens large', "document.querySelector('dialog.large').open && document.querySelector('dialog.large img').clientWidth > 600")
    keys(driver, Keys.ESCAPE)
    expect('and closes', "!document.querySelector('dialog.large').open")
    show_as(driver, 700, False, media='print')
    expect('print: no bars', "![...document.querySelectorAll('.bar, .site-nav, .toc')].some(e => e.checkVisibility())")
    expect('print: no code is cut', "![...document.querySelectorAll('main pre')].some(e => e.scrollWidth > e.clientWidth + 1)")
    yield from tests


def all_pages(site, address):
    "What is wrong with all pages, which two browsers share."
    names = sorted((p.relative_to(site).as_posix() for p in Path(site).rglob('*.html')), key=lambda name: Path(site, name).stat().st_size)

    def look(share):
        with browser() as driver: return list(pages(driver, site, address, share))
    with ThreadPoolExecutor(2) as pool: return [fault for faults in pool.map(look, (names[::2], names[1::2])) for fault in faults]


def problems(site):
    "A line for each problem that a visitor of the site in the folder `site` would meet; the reason when nobody can look."
    if not Path(site, 'index.html').exists(): return f'there is no site in {site}'
    if missing(): return missing()
    import explorer  # with the package, which takes a while
    with served(site) as address:
        found = all_pages(site, address)
        with browser() as driver:
            return found + [*search(driver, address), *by_hand(driver, site, address), *explorer.problems(driver, site, address)]


if __name__ == '__main__':
    found = problems('_docs')
    print(found if isinstance(found, str) else '\n'.join(found) or 'nothing wrong')
