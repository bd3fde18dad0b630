"""Use the pattern explorer in the browser: its picture, its numbers, its errors and its Python must be what the library says."""
import random
from functools import partial
from pathlib import Path

import torch
from browser import show_as, until
from local_attention_nb.local_attention import LocalAttention
from local_attention_nb.masks import LocalPattern
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

TRIALS, BATCH = 400, 40  # settings of the explorer to compare, and how many at a time
PATTERN = dict(kind=('windows', 'reach'), window_size=(1, 3, 4, 8, 16), look_backward=(0, 1, 2, 4), look_forward=(0, 0, 0, 1, 3), causal=(False, True, True),
               exact=(False, True), before=(0, 3, 9, None), after=(0, 0, 4, None), sinks=(0, 0, 0, 3), dilation=(1, 1, 1, 2, 3))
CALL = dict(n=(1, 5, 16, 24, 33, 64), op=('', '', '&', '|'), documents=('', '', '5', '4, 9-11'), global_tokens=('', '', '0', '2, 7'),
            masked=('', '', '0', '3, 7-9', '0-63'), autopad=(False, True))

# Set the controls as a visitor would, and read back what is drawn and written. The order matters: causal sets look_forward.
USE = '''
const root = document.querySelector('figure.pattern-explorer'), $ = s => root.querySelector(s);
const set = (name, value) => {
  const field = $(`[name=${name}]`);
  if (field.type === 'checkbox') field.checked = value; else field.value = value === null ? field.max : value;
  field.dispatchEvent(new Event('input', {bubbles: true}));
};
const shown = [];
for (const settings of arguments[0]) {
  for (const name of arguments[1]) set(name, settings[name]);
  await new Promise(requestAnimationFrame);  // the explorer draws in the frame that follows a change
  const runs = row => [...row.children].flatMap(r => Array(+r.getAttribute('width')).fill(r.getAttribute('class')));
  const cells = [...$('svg').querySelectorAll('[data-query]')].map(runs);
  const text = s => $(s).hidden || $(s).closest('[hidden]') ? null : $(s).textContent;
  shown.push({cells, query: +$('svg').getAttribute('aria-valuenow'), spoken: $('svg').getAttribute('aria-valuetext'),
    error: text('.pe-error'), stale: $('.pe-shown').classList.contains('pe-stale'), sentence: text('.pe-query'), cost: text('.pe-cost'), python: text('.pe-python code')});
}
return shown;'''


def some_settings():
    "Settings in the explorer's own names, some of which the library refuses."
    choice = random.Random(0).choice
    names = {**PATTERN, **{f'b_{name}': values for name, values in PATTERN.items()}, **CALL}
    return [{name: choice(values) for name, values in names.items()} for _ in range(TRIALS)]


def order(settings):
    "The controls in the order in which to set them: each `causal` before its `look_forward`."
    return sorted(settings, key=lambda name: name.endswith('look_forward'))


def listed(text):
    "'3, 7-9' -> {3, 7, 8, 9}"
    ends = [part.split('-') for part in text.split(', ') if part]
    return {j for e in ends for j in range(int(e[0]), int(e[-1]) + 1)}


def keys_seen(n, attend):
    "Which keys (columns) each query (rows) sees: equal weights, and for key j a value that is 1 at place j alone."
    q, v = torch.zeros(1, 1, n, 2), torch.eye(n)[None, None]
    return attend(q, q, v)[0, 0] > 0  # (i j)


def pattern_of(s, prefix=''):
    "The pattern that the library makes of one group of settings."
    get = lambda *names: {name: s[prefix + name] for name in names}
    if s[prefix + 'kind'] == 'reach': return LocalPattern.reach(s[prefix + 'before'], s[prefix + 'after'], **get('sinks', 'dilation'))
    return LocalPattern(**get('window_size', 'causal', 'look_backward', 'look_forward', 'exact', 'sinks', 'dilation'))


def in_windows(s): return not s['op'] and s['kind'] == 'windows' and not s['sinks'] and s['dilation'] == 1


def by_library(s):
    "The pattern and the keys seen with these settings, or the library's error."
    n, rows = s['n'], range(s['n'])
    told = dict(mask=torch.tensor([[j not in listed(s['masked']) for j in rows]]), global_tokens=torch.tensor([[j in listed(s['global_tokens']) for j in rows]]),
                documents=torch.tensor([[sum(0 < start <= j for start in listed(s['documents'])) for j in rows]]))
    try:
        pattern = pattern_of(s)
        if s['op'] == '&': pattern = pattern & pattern_of(s, 'b_')
        if s['op'] == '|': pattern = pattern | pattern_of(s, 'b_')
        own = {name: s[name] for name in ('window_size', 'causal', 'look_backward', 'look_forward', 'autopad')}
        layer = LocalAttention(exact_windowsize=s['exact'], **own) if in_windows(s) else LocalAttention(pattern=pattern)
        return pattern, keys_seen(n, partial(layer, **told)), None
    except ValueError as error: return None, None, f'ValueError: {error}'


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
    if error or shown['error']:
        if error != shown['error']: return f"says {shown['error']!r}, the library says {error!r}"
        return None if shown['stale'] and shown['cells'] else 'the last grid is not kept'
    n, query, cells = settings['n'], shown['query'], shown['cells']
    drawn = torch.tensor([[kind in ('visible', 'query') for kind in row[:n]] for row in cells])
    if drawn.shape != seen.shape or not drawn.equal(seen): return 'draws other keys'
    gone = listed(settings['masked'])
    columns = -(-n // settings['window_size']) * settings['window_size'] if in_windows(settings) and settings['autopad'] else n
    kind = lambda i, j: 'padding' if j >= n or j in gone else 'hidden' if not seen[i, j] else 'query' if i == query else 'visible'
    if cells != [[kind(i, j) for j in range(columns)] for i in range(n)]: return 'draws other colours'
    scores, keys = int(seen.sum()), seen[query].nonzero().flatten().tolist()
    said = shown['sentence'].partition(': ')[2].rstrip('.').replace(' to ', '-')
    if not shown['sentence'].startswith(f'Query {query} ') or sorted(listed(said)) != keys: return f"says {shown['sentence']!r}, the keys are {keys}"
    if keys and f' sees {len(keys)} key' not in shown['sentence'] or shown['spoken'] != shown['sentence']: return f"says {shown['sentence']!r}"
    cost = f'{scores:,} of {n * n:,} scores', f'{128 * scores:,} multiply-adds', f'{128 * n * n:,}: {int(100 * (1 - scores / n**2) + .5)}\xa0% less'
    if not all(part in shown['cost'] for part in cost): return f"says {shown['cost']!r}, not {cost}"
    try: written_keys, written_pattern = by_written_python(shown['python'], n)
    except Exception as error: return f"its Python fails with {error}: {shown['python']}"
    if written_pattern != pattern or not written_keys.equal(seen): return f"its Python makes another pattern: {shown['python']}"


def agreement(driver):
    "Whether the explorer says what the library says."
    grid = some_settings()
    for batch in (grid[start:start + BATCH] for start in range(0, len(grid), BATCH)):
        for settings, shown in zip(batch, driver.execute_script(USE, batch, order(batch[0]))):
            why = disagreement(settings, shown)
            if why: yield f'explorer with {settings}: {why}'


def hands_on(driver, address):
    "What goes wrong when a visitor uses the explorer by mouse, by keyboard and by its link."
    find, run = partial(driver.find_element, By.CSS_SELECTOR), driver.execute_script

    def expect(wanted, what, where='.pe-query'):
        text = lambda driver: find(where).get_property('value') if where.startswith('[') else find(where).text
        try: until(driver, lambda driver: text(driver) == wanted)
        except TimeoutException: yield f'explorer, {what}: {text(driver)!r}, not {wanted!r}'

    def hold(what, script):
        try: until(driver, lambda driver: run(f'return {script}'))
        except TimeoutException: yield f'explorer, {what}: not so: {script}'
    driver.execute_cdp_cmd('Browser.grantPermissions', {'permissions': ['clipboardReadWrite', 'clipboardSanitizedWrite'], 'origin': address.rsplit('/', 1)[0]})
    for width, height in ((1400, 1000), (390, 1000)):  # the answer is above the fold, as a visitor finds the page
        show_as(driver, width, False)
        driver.get(address)
        if width > 390: yield from hold(f'the answer is above the fold at {width} pixels', f"document.querySelector('.pe-cost').getBoundingClientRect().bottom < {height}")
        yield from hold('the answer is under the controls', "document.querySelector('.pe-query').closest('.pe-controls')")
    show_as(driver, 1400, False)
    driver.get(f'{address}?n=12&window_size=3&causal=1&exact=1&query=7')
    yield from expect('Query 7 sees 3 keys: 5 to 7.', 'from its link')
    run('arguments[0].focus()', find('.pattern-explorer svg'))
    ActionChains(driver).send_keys(Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ARROW_UP).perform()
    yield from expect('Query 8 sees 3 keys: 6 to 8.', 'arrow keys')
    yield from hold('the address is the one shown', "new URLSearchParams(location.search).get('query') === '8'")
    ActionChains(driver).move_to_element(find('[data-query="2"] rect')).perform()
    yield from expect('Query 2 sees 3 keys: 0 to 2.', 'mouse')
    ActionChains(driver).click(find('.strip rect:nth-child(2)')).perform()
    yield from expect('Query 2 sees 2 keys: 0, 2.', 'key masked by a click')
    yield from expect('1', 'masked keys', '[name=masked]')
    find('[name=masked]').send_keys(', x')
    yield from hold('a bad mask gets a message', "document.querySelector('#pe-bad-masked').textContent.includes('cannot read') && !document.querySelector('#pe-bad-masked').hidden")
    place, height = 'return document.querySelector(".pe-result").getBoundingClientRect().', 'return document.documentElement.scrollHeight'
    before = run(place + 'top'), run(height)
    run("const f = document.querySelector('[name=look_forward]'); f.value = 2; f.dispatchEvent(new Event('input', {bubbles: true}))")
    yield from hold('a refused setting dims the grid', "document.querySelector('.pe-stale svg') && !document.querySelector('.pe-error').hidden")
    if (run(place + 'top'), run(height)) != before: yield 'explorer: the page jumps when a setting is refused'
    for preset, wanted in {'Mistral': '16 keys', 'StreamingLLM': '12 keys: 0 to 3', 'Longformer': '10 keys: 0, 1'}.items():
        find(f'.pe-presets button:nth-of-type({1 + run("return [...document.querySelectorAll(`.pe-presets button`)].findIndex(b => b.textContent === arguments[0])", preset)})').click()
        yield from hold(f'as in {preset}', f"/{wanted}|{wanted.replace('0, 1', '0, ')}/.test(document.querySelector('.pe-query').textContent)")
    shown = find('.pe-query').text
    until(driver, lambda d: 'global_tokens' in d.current_url)
    driver.get(driver.current_url)
    yield from expect(shown, 'the address of a preset')
    run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", find('.pe-copy'))
    find('.pe-copy').click()
    yield from expect('Copied', 'copy button', '.pe-copy')
    copied = driver.execute_async_script('navigator.clipboard.readText().then(arguments[0], e => arguments[0](String(e)))')
    yield from expect(copied, 'what was copied', '.pe-python code')
    unlabelled = "return [...document.querySelectorAll('.pattern-explorer :is(input, select)')].filter(e => !e.labels.length).map(e => e.name)"
    yield from (f'explorer: {name} has no label' for name in run(unlabelled))


def starts(driver, name):
    "What is wrong with an explorer that stands further down on a page: it has to draw its first picture."
    try: until(driver, lambda d: d.find_element(By.CSS_SELECTOR, '.pattern-explorer .pe-query').text == 'Query 9 sees 6 keys: 4 to 9.')
    except TimeoutException: yield f'{name}: the explorer does not draw its first picture'


def problems(driver, site, address):
    "What is wrong with the explorers of the site: the one of its own page in full, the others by what they show first."
    script = Path('nbs/explanations/pattern_explorer.js').read_text(encoding='utf-8')
    with_one = [p for p in sorted(Path(site).rglob('*.html')) if '<figure class="pattern-explorer"' in p.read_text(encoding='utf-8')]
    if not any(page.stem == 'pattern_explorer' for page in with_one): yield 'the page of the pattern explorer does not show it'
    for page in with_one:
        show_as(driver, 1400, False)
        here = address + page.relative_to(site).as_posix()
        driver.get(here)
        if script not in page.read_text(encoding='utf-8'): yield f'{page}: run its notebook again, pattern_explorer.js has changed'
        if page.stem != 'pattern_explorer':
            yield from starts(driver, page)
            continue
        yield from agreement(driver)
        yield from hands_on(driver, here)
