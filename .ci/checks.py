"""make test: everything generated is in step with the notebooks, every notebook runs, other projects' tests pass with the drop-in,
and the site builds and works in a browser.

All checks run, the cheap ones first, whatever fails before them. The last line counts them."""
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import cells
import suites
from cells import NOTEBOOKS
from export import BIN, STEPS, run

WORKERS = min(4, os.cpu_count())


def difference(ours, made):
    "How a file of ours differs from the one that make export would write; None when it does not."
    if ours == made: return None
    if ours is None: return 'missing: make export writes it'
    return 'no notebook makes it' if made is None else 'differs from what make export writes'


def generated(command, patterns):
    "A line for each file that `command` makes differently in a copy of the project that holds the notebooks alone."
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree('nbs', copy/'nbs')
        for name in ('settings.ini', '_quarto.yml'): shutil.copy(name, copy)
        run(command, copy)
        ours, made = ({p.relative_to(root): p.read_bytes() for pattern in patterns for p in root.glob(pattern)} for root in (Path(), copy))
    found = {path: difference(ours.get(path), made.get(path)) for path in sorted(ours | made)}
    return [f'{path}: {how}' for path, how in found.items() if how]


def notebook(path):
    "What nbdev_test says of the notebook, when it fails."
    env = os.environ | {'OMP_NUM_THREADS': '1', 'VIRTUAL_ENV': sys.prefix}  # IPython would add the packages of another active environment
    done = subprocess.run([BIN/'nbdev_test', '--path', path, '--n_workers', '0'], env=env, text=True, capture_output=True)
    return [f'{done.stdout}{done.stderr}nbdev_test ended with status {done.returncode}'] if done.returncode else []


def site_steps():
    "What fails of the small tests of the steps that make the site."
    import test_site
    return test_site.failures()


def packages():
    "Nothing, or what the site has to do without."
    import npm
    return npm.fetch() or []


def site():
    "What is wrong with the site that make docs builds; the reason where it cannot be built."
    if sys.version_info < (3, 11): return 'smalldocs needs Python 3.11'
    done = subprocess.run([sys.executable, '.ci/docs.py'], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.splitlines() if done.returncode else []


def in_browser():
    "What is wrong with the site when it is opened in a browser; the reason where it cannot be."
    import browser  # with the package, which has its own checks
    return browser.problems('_docs')


def outcome(check, *args):
    "The problems that a check finds, its own crash included, and the seconds it takes."
    start = time.time()
    try: problems = check(*args)
    except Exception as error: problems = [f'{type(error).__name__}: {error}']
    return problems, time.time() - start


def report(name, problems, seconds):
    "Print how a check ended; a string instead of a list is the reason why this machine cannot do it."
    if isinstance(problems, str): status, name, problems = 'skip', f'{name}: {problems}', []
    else: status = 'FAIL' if problems else 'ok'
    print(f'{status:4}  {name}  ({seconds:.0f} s)', flush=True)
    for problem in problems: print(textwrap.indent(problem.strip(), ' '*6), flush=True)
    return status


def main():
    "Run every check and count how they end."
    ends = {name: report(name, *outcome(generated, *step)) for name, step in STEPS.items()}
    ends['committed cells'] = report('committed cells', *outcome(cells.problems, NOTEBOOKS))
    with ThreadPoolExecutor(WORKERS) as pool:
        for path, result in zip(NOTEBOOKS, pool.map(partial(outcome, notebook), NOTEBOOKS)):
            ends[str(path)] = report(path, *result)
    ends['steps of the docs site'] = report('steps of the docs site', *outcome(site_steps))
    ends['formulas and fonts for the docs site'] = report('formulas and fonts for the docs site', *outcome(packages))
    ends['tests of packages with the drop-in'] = report('tests of packages with the drop-in', *outcome(suites.problems))
    ends['docs site'] = report('docs site', *outcome(site))
    ends['docs site in a browser'] = report('docs site in a browser', *outcome(in_browser))

    failed = [name for name, end in ends.items() if end == 'FAIL']
    skipped = list(ends.values()).count('skip')
    if failed: print('\nfailed:', ', '.join(failed))
    print(f'\n{len(ends)-len(failed)-skipped} passed, {len(failed)} failed' + (f', {skipped} skipped' if skipped else ''))
    return bool(failed)


if __name__ == '__main__': sys.exit(main())
