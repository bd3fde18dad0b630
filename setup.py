"Everything setuptools has to know is read from settings.ini."
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.sdist import sdist

root = Path(__file__).parent
config = ConfigParser()
config.read(root/'settings.ini', encoding='utf-8')
cfg = config['DEFAULT']
lib = cfg['lib_name']
train, huggingface, dev = (cfg[f'{extra}_requirements'].split() for extra in ('train', 'huggingface', 'dev'))


class SdistWithSettings(sdist):
    "A source distribution that holds settings.ini, without which this file cannot run."
    def make_distribution(self):
        self.filelist.append('settings.ini')
        super().make_distribution()


setup(
    name=lib,
    version=cfg['version'],
    description=cfg['description'],
    long_description=(root/'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    keywords=cfg['keywords'],
    author=cfg['author'],
    license=cfg['license'],
    url=cfg['git_url'],
    packages=find_packages(include=[lib, f'{lib}.*']),
    python_requires=f">={cfg['min_python']}",
    install_requires=cfg['requirements'].split(),
    extras_require={'train': train, 'huggingface': huggingface, 'dev': train + huggingface + dev},
    entry_points={
        'console_scripts': cfg['console_scripts'].split(),
        'nbdev': [f'{lib}={lib}._modidx:d'],  # lets nbdev turn names in backticks into links
    },
    cmdclass={'sdist': SdistWithSettings},
    zip_safe=False,
)
