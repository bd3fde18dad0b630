"""Write README.md from nbs/index.ipynb, as nbdev prepares it for the site, without running any cell.

A cell's figure is written to nbs/images/readme-*. Links to other notebooks become links into nbs/."""
import base64
import re
from pathlib import Path

import yaml
from execnb.nbio import read_nb
from nbdev.config import get_config
from prepare import ForReadme, link_to_notebooks

LOCAL_LINK = re.compile(r'(\]\(|src=")(?!https?:|mailto:|#)/?(?=[^)"])')

PICTURES = {'image/svg+xml': ('svg', str.encode), 'image/png': ('png', base64.b64decode)}


def prose(source):
    "A markdown cell, as GitHub has to read it."
    if ':::' in source: raise ValueError(f'README.md cannot show Quarto divs, but index.ipynb has one:\n{source}')
    source = link_to_notebooks(source, lambda notebook, name: notebook)
    return LOCAL_LINK.sub(r'\1nbs/', source).strip()


def options(source):
    "The `#| key: value` options of a code cell, and its code without them."
    lines = source.splitlines()
    code = '\n'.join(line for line in lines if not line.startswith('#|')).strip()
    return yaml.safe_load('\n'.join(line[2:] for line in lines if line.startswith('#|'))) or {}, code


def fence(text, language=''): return f'```{language}\n{text.strip()}\n```'


def shown(output, alt, images):
    "One output as markdown; a figure is added to `images`."
    if output['output_type'] == 'stream': return fence(''.join(output['text']))
    data = output['data']
    for mime, (suffix, decode) in PICTURES.items():
        if mime not in data: continue
        path = f'nbs/images/readme-{len(images)}.{suffix}'
        images[path] = decode(''.join(data[mime]))
        return f'![{alt}]({path})'
    if 'text/markdown' in data: return prose(''.join(data['text/markdown']))
    return fence(''.join(data['text/plain']))


def code(cell, images):
    "A code cell and its outputs as markdown."
    opts, source = options(cell.source)
    parts = [fence(source, 'python')] if source and opts.get('echo', True) else []
    if opts.get('output', True):
        alt = opts.get('fig-alt', opts.get('fig-cap', ''))
        parts += [shown(o, alt, images) for o in cell.outputs]
    return '\n\n'.join(parts)


def readme():
    "The text of README.md and its images, by path."
    nb, images = read_nb(Path('nbs')/get_config().readme_nb), {}
    ForReadme()(nb)
    head = f"# {nb.frontmatter_['title']}\n\n> {nb.frontmatter_['description']}"
    parts = [prose(c.source) if c.cell_type == 'markdown' else code(c, images) for c in nb.cells if c.cell_type != 'raw']
    return '\n\n'.join([head, *filter(None, parts)]) + '\n', images


if __name__ == '__main__':
    text, images = readme()
    for old in Path('nbs').glob('images/readme-*'):
        if old.as_posix() not in images: old.unlink()
    for path, content in {'README.md': text.encode(), **images}.items():
        path = Path(path)
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_bytes() != content: path.write_bytes(content)
