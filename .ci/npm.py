"""What the site takes from npm: formulas, fonts, and the rules of accessibility that the browser tests apply.

It is fetched into node_modules when the site is built. Without npm or a network the site is built all the same, and says what it lacks."""
import json
import shutil
import subprocess
from pathlib import Path

PACKAGES = {'katex': '0.16.47', '@fontsource-variable/source-sans-3': '5.3.1', '@fontsource-variable/source-code-pro': '5.3.1',
            'axe-core': '4.14.1'}
FOLDER = Path('node_modules')
WITHOUT = 'formulas need a network, text is set in the fonts of the system, and accessibility is not checked'


def version(name):
    "The version that is installed, or None."
    about = FOLDER/name/'package.json'
    return json.loads(about.read_text(encoding='utf-8'))['version'] if about.exists() else None


def fetch():
    "Fetch what is not there yet; gives back what is lacking afterwards, in a sentence, or None."
    wanted = [f'{name}@{v}' for name, v in PACKAGES.items() if version(name) != v]
    if not wanted: return None if shutil.which('node') else f'no node here: {WITHOUT}'
    if not shutil.which('npm'): return f'no npm here: {WITHOUT}'
    command = ['npm', 'install', '--prefix', '.', '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', *map('@'.join, PACKAGES.items())]
    try: done = subprocess.run(command, text=True, capture_output=True, timeout=180)
    except subprocess.TimeoutExpired: return f'npm takes too long: {WITHOUT}'
    return None if done.returncode == 0 else f'npm could not fetch {", ".join(wanted)}: {WITHOUT}'


def folder(name):
    "Where a package lies, or None when it could not be fetched."
    return FOLDER/name if version(name) == PACKAGES[name] else None
