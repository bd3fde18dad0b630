"Bring everything that is generated from the notebooks in step with them."
import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent
# What is generated: its name, the command that writes it, and the files it may write.
STEPS = {
    'clean notebooks': ([BIN/'nbdev_clean'], ['nbs/**/*.ipynb']),
    'exported package': ([BIN/'nbdev_export'], ['local_attention_nb/**/*.py']),
    'README.md': ([sys.executable, Path(__file__).with_name('readme.py')], ['README.md', 'nbs/images/readme-*']),
}


def run(command, folder):
    "Run `command` in `folder` and return what it printed; raise with it when the command fails."
    done = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode: raise RuntimeError(done.stdout)
    return done.stdout


if __name__ == '__main__':
    for name, (command, _) in STEPS.items():
        print(name)
        print(run(command, Path(__file__).parents[1]), end='')
