"""make benchmarks and make gpu: measure in pieces of at most ten minutes, each of which leaves one file in nbs/explanations/results.

A piece whose file is there is done, so a second call goes on where the first was stopped or killed. `python .ci/measure.py cpu|gpu`,
with MINI=1 the same in miniature on the CPU (results in runs/mini), with MINUTES=… stopping after so many minutes, with status 3.
With QUIET=1 pieces with a spread over 20 % are measured again."""
import json
import os
import subprocess
import sys
import time
from pathlib import Path

BIN, MINI, LIMIT = Path(sys.executable).parent, bool(os.environ.get('MINI')), 600
BENCHMARK, CONTEST = [[sys.executable, '-m', f'local_attention_nb.{name}'] for name in ('benchmark', 'head_to_head')]


def benchmark(words):
    "A piece that is a call of the benchmark"
    tiny = '--heads 2 --batch 1 --features 8 --rounds 1'.split() if MINI else []
    words = ['64/16' if MINI and '/' in word else word for word in words.split()]
    if MINI and '--device' in words: words[words.index('--device') + 1] = 'cpu'
    if MINI: words = [word for k, word in enumerate(words) if word != '64/16' or '64/16' not in words[:k]]
    return lambda out, seconds: subprocess.run([*BENCHMARK, *words, *tiny, '--out', out], timeout=seconds).returncode


def contest(folder, words):
    "A piece that is a head-to-head; it takes several calls"
    def call(out, seconds):
        code = subprocess.run([*CONTEST, *words.split(), '--out', folder, '--piece-minutes', str(max(0.02, (seconds - 60) / 60))], timeout=seconds + 300).returncode
        if code == 0: out.write_bytes(Path(folder, 'report.json').read_bytes())
        return code
    return call


def cells(path):
    "A piece that runs a notebook with its `#| cuda` cells"
    flags = [] if MINI and '20_enwik8' not in path.name else ['--flags', 'cuda']
    def call(out, seconds):
        start = time.time()
        env = os.environ | {'VIRTUAL_ENV': sys.prefix, 'RESULTS': str(out.parent.resolve())}
        done = subprocess.run([BIN/'nbdev_test', '--path', path, *flags, '--n_workers', '0'], env=env, text=True, capture_output=True, timeout=seconds)
        if done.returncode: print((done.stdout + done.stderr)[-3000:])
        out.write_text(json.dumps(dict(notebook=str(path), seconds=round(time.time() - start))))
        return done.returncode
    return call


OPTIONS = ['', '--no-exact', '--no-causal', '--no-causal --no-exact', '--shared-qk', '--key-mask', '--positions rotary', '--positions xpos',
           '--bias given', '--bias learned', '--dropout 0.1', '--dtype bfloat16']
SMALL = ('dim=64 depth=3 heads=2 dim-head=32 ff-mult=4 local-attn-window-size=64 length=256 sample=300' if not MINI else
         'dim=16 depth=1 heads=1 dim-head=16 local-attn-window-size=16 length=64 batch-size=4 accumulate=1 sample=20 optimizer=adamw').split()


def everyone(words):
    "The same settings for each contestant"
    return ' '.join(f'--{who}.{word}' for who in ('reference', 'retuned', 'ours', 'long') for word in words)


def pieces(where):
    "Name -> function of the file to write and the seconds allowed, which gives a status: 0 done, 3 go on later"
    if where == 'cpu':
        text = os.environ.get('ENWIK8_PREFIX', 'manual' if MINI else 'enwik8_prefix.gz')  # the first 4,154,399 bytes of enwik8
        found = {'sizes': benchmark('--sizes 8192/256 2048/512 --contestants auto sdpa windowed local-attention')}
        found |= {f'option-{k:02}': benchmark(f'--sizes 4096/256 --batch 1 --contestants auto local-attention {words}') for k, words in enumerate(OPTIONS)}
        found['long'] = benchmark('--sizes 8192/256 131072/256 --batch 1 --passes forward+backward --contestants auto --rounds 5')
        rates = '--retuned.learning-rate 2e-3 --retuned.batch-size 4 --retuned.optimizer adamw --retuned.schedule constant --retuned.warmup 0 --retuned.weight-decay 0 --retuned.clip 0.5'
        demo = '--ours.optimizer adamw --ours.learning-rate 8e-3 --ours.batch-size 4 --ours.schedule linear --ours.warmup 0.1 --ours.precision no --retuned.precision no'
        length = '--context 64 --minutes 0.03 --long-minutes 0.01 --every 1 --valid-bytes 500' if MINI else '--context 256 --minutes 4 --valid-bytes 20000 --turn-seconds 20'
        found['head_to_head'] = contest('runs/mini/contest-cpu' if MINI else 'runs/head_to_head_cpu',
                                        f'{everyone(SMALL)} {rates} {demo} --data {text} {length} --device cpu --contestants reference retuned ours')
        return found
    flagged = [path for path in sorted(Path('nbs').rglob('*.ipynb')) if '#| cuda' in path.read_text() and '.ipynb_checkpoints' not in path.parts]
    if MINI: flagged = [path for path in flagged if path.name in ('20_enwik8.ipynb',)]
    found = {f'cells-{path.stem}': cells(path) for path in flagged}
    for length in (4096, 16384, 32768, 65536, 131072) if not MINI else (4096,):
        for dtype in ('bfloat16', 'float32'):
            sizes = ' '.join(f'{length}/{window}' for window in (128, 256, 512, 1024))
            found[f'bench-{length:06}-{dtype}'] = benchmark(f'--device cuda --dtype {dtype} --sizes {sizes} --batch {4 if length < 20000 else 1} --heads 16 --rounds 5')
    mini = f'{everyone(SMALL)} --data manual --context 64 --minutes 0.03 --long-minutes 0.01 --every 1 --valid-bytes 500 --device cpu'
    found['head_to_head'] = contest('runs/mini/contest-gpu' if MINI else 'runs/head_to_head', mini if MINI else '')
    return found


def noisy(path):
    "Whether a report has a spread over 20 %, and quiet ones are wanted"
    if not os.environ.get('QUIET') or not path.exists(): return False
    reports = json.loads(path.read_text())
    return isinstance(reports, list) and any(row.get('spread', 0) >= 0.2 for report in reports for row in report['rows'])


def main(where):
    "Do every piece that is not done; 0 if all are, 3 if the time is over, 1 if one failed"
    began, failed = time.time(), []
    folder = Path('runs/mini' if MINI else 'nbs/explanations/results', where).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name, piece in (todo := pieces(where)).items():
        path, code = folder/f'{name}.json', 3
        if path.exists() and not noisy(path): continue
        while code == 3:
            left = 60 * float(os.environ.get('MINUTES', 'inf')) - (time.time() - began)
            if left < 30: return 3
            print(f'{name} ...', flush=True)
            partial = path.with_name(f'.partial-{path.name}')
            try: code = piece(partial, min(LIMIT, left))
            except subprocess.TimeoutExpired: code = 1
            if code == 0: os.replace(partial, path)  # else what was measured before stays
        if code: failed.append(name)
    done = [name for name in todo if (folder/f'{name}.json').exists()]
    print(f'{len(done)} of {len(todo)} pieces are in {folder.name}' + (f'; failed or took longer than {LIMIT} s: {", ".join(failed)}' if failed else ''))
    return bool(failed)


if __name__ == '__main__': sys.exit(main(sys.argv[1]))
