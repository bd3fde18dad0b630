"""Open the built site in a browser: each page in both colour modes, at the width of a desktop and of a phone.

Nothing may be wider than the screen, pictures must load, and the console must stay silent. Then search for a word, and use
the pattern explorer: its picture, its numbers, its errors and its Python must be what LocalPattern and LocalAttention say.
Only the site itself is loaded: formulas and fonts come from other hosts, and a page has to do without them."""
import itertools
import random
import re
import shutil
import tempfile
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import torch
from local_attention_nb.local_attention import LocalAttention
from local_attention_nb.masks import LocalPattern
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome')
FLAGS = ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--hide-scrollbars', '--window-size=1400,1100',
         '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage')
WIDTHS = {'desktop': 1280, 'phone': 390}
EXPLORER, WORD = '02_pattern_explorer.html', 'look.around'
VALID, INVALID, BATCH = 300, 60, 30  # settings of the explorer to compare, and how many at a time


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


def show_as(driver, width, dark):
    "Give the page the width of a screen, and the colour mode that a visitor prefers."
    screen = {'width': width, 'height': 900, 'deviceScaleFactor': 1, 'mobile': width < 600}
    driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', screen)
    prefers = {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}
    driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': [prefers]})


# What a page looks like to its visitor. The site cuts off what is wider than the screen, so we look for elements that stick
# out and do not scroll in a box of their own.
LOOK = '''
const scrolls = e => e !== document.body && (['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
const out = [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > arguments[0] + 1 && !scrolls(e.parentElement));
return {width: document.documentElement.scrollWidth, out: out.slice(0, 3).map(e => e.outerHTML.slice(0, 100)),
  images: [...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.src.slice(0, 100)),
  dark: document.documentElement.classList.contains('quarto-dark'), paper: getComputedStyle(document.body).backgroundColor}'''


def page_faults(driver, width, dark):
    "What is wrong with the page that is open, on one screen."
    show_as(driver, width, dark)
    look = driver.execute_script(LOOK, width)
    if look['width'] > width or look['out']: yield f"{look['width']} pixels wide, and these stick out: {look['out']}"
    for image in look['images']: yield f'image does not load: {image}'
    light_paper = sum(map(int, re.findall(r'\d+', look['paper'])[:3])) > 3 * 128
    if look['dark'] != dark or light_paper == dark: yield f"paper is {look['paper']}"
    for line in driver.get_log('browser'):
        if not line['message'].startswith('https://'): yield f"console: {line['message']}"


def pages(driver, site, address):
    "What is wrong with the pages, on each screen and in each mode."
    names = sorted(p.relative_to(site).as_posix() for p in Path(site).rglob('*.html'))
    for page, dark in itertools.product(names, (False, True)):
        show_as(driver, WIDTHS['desktop'], dark)
        driver.get(address + page)
        for screen, width in WIDTHS.items():
            for fault in page_faults(driver, width, dark): yield f"{page}, {screen}, {'dark' if dark else 'light'}: {fault}"


def until(driver, condition): return WebDriverWait(driver, 10, poll_frequency=0.05).until(condition)


def search(driver, address):
    "Whether a visitor who looks for look-around finds it, and can switch the mode."
    show_as(driver, 1280, False)
    driver.get(address)
    driver.find_element(By.CSS_SELECTOR, '.quarto-color-scheme-toggle').click()
    until(driver, lambda d: d.execute_script("return document.documentElement.classList.contains('quarto-dark')"))
    driver.find_element(By.CSS_SELECTOR, '#quarto-search input').send_keys('look-around')
    results = until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, '.search-result'))
    results[0].click()
    until(driver, lambda d: d.current_url.split('#')[0] != address)
    if not re.search(WORD, driver.find_element(By.TAG_NAME, 'main').text, re.IGNORECASE): yield f'search leads to {driver.current_url}, without {WORD}'
    if not driver.execute_script("return document.documentElement.classList.contains('quarto-dark')"): yield 'the mode is not kept'
    driver.execute_script('localStorage.clear()')


# Set the controls as a visitor would, and read back what is drawn and written. The order matters: causal sets look_forward.
USE = '''
const root = document.querySelector('figure.pattern-explorer'), $ = s => root.querySelector(s);
const set = (name, value) => {
  const field = $(`[name=${name}]`);
  if (field.type === 'checkbox') field.checked = value; else field.value = value;
  field.dispatchEvent(new Event('input', {bubbles: true}));
};
const shown = [];
for (const settings of arguments[0]) {
  for (const name of ['n', 'window_size', 'causal', 'exact', 'autopad', 'look_backward', 'look_forward', 'masked']) set(name, settings[name]);
  await new Promise(requestAnimationFrame);  // the explorer draws in the frame that follows a change
  const runs = row => [...row.children].flatMap(r => Array(+r.getAttribute('width')).fill(r.getAttribute('class')));
  const cells = [...$('svg').querySelectorAll('[data-query]')].map(runs);
  const text = s => $(s).hidden || $(s).closest('[hidden]') ? null : $(s).textContent;
  shown.push({cells, query: +$('svg').getAttribute('aria-valuenow'), spoken: $('svg').getAttribute('aria-valuetext'),
    error: text('.pe-error'), sentence: text('.pe-query'), cost: text('.pe-cost'), python: text('.pe-python code')});
}
return shown;'''


def some_settings():
    "Settings of the explorer that the library takes, and some that it refuses, in its own names with a length and keys to mask."
    values = dict(n=(1, 5, 16, 24, 33, 64), window_size=(1, 3, 4, 8, 16), look_backward=(0, 1, 2, 4), look_forward=(0, 0, 1, 3),
                  causal=(False, True), exact=(False, True), autopad=(False, True), masked=('', '', '0', '3, 7-9', '0-63'))
    every = [dict(zip(values, chosen)) for chosen in itertools.product(*values.values())]
    random.Random(0).shuffle(every)
    refused = lambda s: s['causal'] and (s['look_forward'] or s['exact'] and not s['look_backward']) or not s['autopad'] and s['n'] % s['window_size']
    return [s for s in every if not refused(s)][:VALID] + [s for s in every if refused(s)][:INVALID]


def masked_keys(text):
    "'3, 7-9' -> {3, 7, 8, 9}"
    ends = [part.split('-') for part in text.split(', ') if part]
    return {j for e in ends for j in range(int(e[0]), int(e[-1]) + 1)}


def keys_seen(n, attend):
    "Which keys (columns) each query (rows) sees: equal weights, and for key j a value that is 1 at place j alone."
    q, v = torch.zeros(1, 1, n, 2), torch.eye(n)[None, None]
    return attend(q, q, v)[0, 0] > 0  # (i j)


def by_library(settings):
    "The pattern and the keys seen with these settings, or the library's error."
    s = dict(settings)
    n, autopad, gone = s.pop('n'), s.pop('autopad'), masked_keys(s.pop('masked'))
    mask = torch.tensor([[j not in gone for j in range(n)]])
    try:
        pattern = LocalPattern(**s)
        layer = LocalAttention(exact_windowsize=s.pop('exact'), autopad=autopad, **s)
        seen = keys_seen(n, lambda q, k, v: layer(q, k, v, mask=mask))
    except ValueError as error: return None, None, f'ValueError: {error}'
    i, j = torch.arange(n)[:, None], torch.arange(n)
    assert seen.equal(pattern.sees(i, j) & mask), 'LocalAttention does not do what LocalPattern says'
    return pattern, seen, None


def by_written_python(code, n):
    "The pattern and the keys seen, as the lines of Python in the explorer make them."
    names = dict(LocalPattern=LocalPattern, LocalAttention=LocalAttention, torch=torch)

    def attend(q, k, v):
        names.update(q=q, k=k, v=v)
        exec(code, names)
        return names['out']
    return keys_seen(n, attend), names['pattern']


def disagreement(settings, shown):
    "Where the explorer and the library differ, or None."
    pattern, seen, error = by_library(settings)
    if error or shown['error']: return None if error == shown['error'] else f"says {shown['error']!r}, the library says {error!r}"
    n, query, cells = settings['n'], shown['query'], shown['cells']
    drawn = torch.tensor([[kind in ('visible', 'query') for kind in row[:n]] for row in cells])
    if drawn.shape != seen.shape or not drawn.equal(seen): return 'draws other keys'
    gone = masked_keys(settings['masked'])
    columns = -(-n // settings['window_size']) * settings['window_size'] if settings['autopad'] else n
    kind = lambda i, j: 'padding' if j >= n or j in gone else 'hidden' if not seen[i, j] else 'query' if i == query else 'visible'
    if cells != [[kind(i, j) for j in range(columns)] for i in range(n)]: return 'draws other colours'
    scores, keys = int(seen.sum()), seen[query].nonzero().flatten().tolist()
    listed = shown['sentence'].partition(': ')[2].rstrip('.').replace(' to ', '-')
    if not shown['sentence'].startswith(f'Query {query} ') or sorted(masked_keys(listed)) != keys: return f"says {shown['sentence']!r}, the keys are {keys}"
    if keys and f' sees {len(keys)} key' not in shown['sentence'] or shown['spoken'] != shown['sentence']: return f"says {shown['sentence']!r}"
    cost = f'{scores:,} of {n * n:,} scores', f'{128 * scores:,} multiply-adds', f'{128 * n * n:,}: {int(100 * (1 - scores / n**2) + .5)}\xa0% less'
    if not all(part in shown['cost'] for part in cost): return f"says {shown['cost']!r}, not {cost}"
    try: written_keys, written_pattern = by_written_python(shown['python'], n)
    except Exception as error: return f"its Python fails with {error}: {shown['python']}"
    if written_pattern != pattern or not written_keys.equal(seen): return f"its Python makes another pattern: {shown['python']}"


def explorer(driver, address):
    "Whether the explorer agrees with the library, and obeys mouse and keyboard."
    show_as(driver, 1280, False)
    driver.get(address)
    if Path('nbs/pattern_explorer.js').read_text(encoding='utf-8') not in driver.page_source:
        yield 'explorer: run 02_pattern_explorer.ipynb again, pattern_explorer.js has changed'
    grid = some_settings()
    for batch in (grid[start:start + BATCH] for start in range(0, len(grid), BATCH)):
        for settings, shown in zip(batch, driver.execute_script(USE, batch)):
            why = disagreement(settings, shown)
            if why: yield f'explorer with {settings}: {why}'
    yield from hands_on(driver, address)


def hands_on(driver, address):
    "What goes wrong when a visitor uses the explorer by mouse, by keyboard and by its link."
    find = partial(driver.find_element, By.CSS_SELECTOR)

    def expect(wanted, what, where='.pe-query'):
        text = lambda driver: find(where).get_property('value') if where.startswith('[') else find(where).text
        try: until(driver, lambda driver: text(driver) == wanted)
        except TimeoutException: yield f'explorer, {what}: {text(driver)!r}, not {wanted!r}'
    driver.execute_cdp_cmd('Browser.grantPermissions', {'permissions': ['clipboardReadWrite', 'clipboardSanitizedWrite'], 'origin': address.rsplit('/', 1)[0]})
    driver.get(f'{address}?n=12&window_size=3&causal=1&exact=1&query=7')
    yield from expect('Query 7 sees 3 keys: 5 to 7.', 'from its link')
    driver.execute_script('arguments[0].focus()', find('.pattern-explorer svg'))
    ActionChains(driver).send_keys(Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ARROW_UP).perform()
    yield from expect('Query 8 sees 3 keys: 6 to 8.', 'arrow keys')
    ActionChains(driver).move_to_element(find('[data-query="2"] rect')).perform()
    yield from expect('Query 2 sees 3 keys: 0 to 2.', 'mouse')
    ActionChains(driver).click(find('.strip rect:nth-child(2)')).perform()
    yield from expect('Query 2 sees 2 keys: 0, 2.', 'key masked by a click')
    yield from expect('1', 'masked keys', '[name=masked]')
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", find('.pe-python button'))
    find('.pe-python button').click()
    yield from expect('Copied', 'copy button', '.pe-python button')
    copied = driver.execute_async_script('navigator.clipboard.readText().then(arguments[0], e => arguments[0](String(e)))')
    yield from expect(copied, 'what was copied', '.pe-python code')
    unlabelled = "return [...document.querySelectorAll('.pattern-explorer :is(input, select)')].filter(e => !e.labels.length).map(e => e.name)"
    yield from (f'explorer: {name} has no label' for name in driver.execute_script(unlabelled))


def problems(site):
    "A line for each problem that a visitor of the site in the folder `site` would meet; the reason when nobody can look."
    if not Path(site, 'index.html').exists(): return f'there is no site in {site}'
    if missing(): return missing()
    with served(site) as address, browser() as driver:
        return [*pages(driver, site, address), *search(driver, address), *explorer(driver, address + EXPLORER)]


if __name__ == '__main__': print(problems('_docs'))
