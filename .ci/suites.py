"""Run the tests of other projects with the drop-in in the place of local-attention.

`make dropin` downloads their source distributions, named in settings.ini, which hold the tests."""
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path('.venv/suites')
PASSED = {'local_attention-1.11.2': 16, 'native_sparse_attention_pytorch-0.2.3': 1964}  # how many tests there are
CODE = 'import sys; from local_attention_nb import compat; compat.install(); import pytest; sys.exit(pytest.main(sys.argv[1:]))'


def names():
    "The suites, as their files are called."
    config = ConfigParser()
    config.read('settings.ini', encoding='utf-8')
    return [name.replace('-', '_').replace('==', '-') for name in config['DEFAULT']['dropin_suites'].split()]


def run_suite(name):
    "What is wrong with the outcome of a suite; an empty list if as many tests pass as it has."
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(FOLDER/f'{name}.tar.gz') as archive: archive.extractall(folder, filter='data')
        done = subprocess.run([sys.executable, '-c', CODE, '-q', '-p', 'no:cacheprovider', 'tests'], cwd=Path(folder, name), text=True,
                              env=os.environ | {'OMP_NUM_THREADS': '1'}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    passed = re.search(r'(\d+) passed', done.stdout)
    if done.returncode == 0 and passed and int(passed[1]) == PASSED[name]: return []
    return [f'{name}: {PASSED[name]} tests should pass\n{done.stdout[-3000:]}']


def problems():
    "What is wrong with the suites; the reason where this machine cannot run them."
    if not all((FOLDER/f'{name}.tar.gz').exists() for name in names()) or not find_spec('pytest'): return 'make dropin installs them'
    with ThreadPoolExecutor(len(PASSED)) as pool: return sum(pool.map(run_suite, names()), [])


if __name__ == '__main__': print(problems() or f'{sum(PASSED.values())} tests passed')
