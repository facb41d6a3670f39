"""How fast the pipeline is, and what it costs: stages, whole runs, every function, the index.

    python benchmarks/pipeline.py            everything (about a quarter of an hour on 2 cores)
    python benchmarks/pipeline.py --only stages cold

Stages run in this process, held to one core. Whole runs go through the local
stack over HTTP, with everything recorded as in real use. The safety check has
``safety.py``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np
import soundfile
import synthetic
import tables
from lemm.client import Api
from lemm.demo.people import METADATA, RIGHTS
from lemm.installation import Installation
from vault_audio import features
from vault_audio.decode import decode, read_analysis
from vault_embedder import Embedder
from vault_index import snapshot
from vault_index.calibration import builtin
from vault_index.search import search
from vault_index.shard import Shard
from vault_models.compose import compose

ROOT = Path(__file__).resolve().parent.parent
RATE = 44_100
TRACK_S = 180.0
TARGET_TIMES_REAL = 60.0


def piece(folder: Path, seed: int, seconds: float, name: str = "piece.wav") -> Path:
    """A composed piece as a 16-bit WAV file."""
    path = folder / name
    soundfile.write(path, compose(seed, seconds, sample_rate=RATE).audio, RATE, subtype="PCM_16")
    return path


def stages(folder: Path) -> None:
    """Each stage of one 3-minute track, one core."""
    path, embedder = piece(folder, 1, TRACK_S), Embedder.load()
    shards = [Shard.open(synthetic_part(1_000, 180.0).data)]
    work = folder / "work"
    work.mkdir()
    done = decode(path, work)
    samples = read_analysis(done.analysis)
    packed = features.extract(samples, embedder.embed)
    rows = {
        "decode, canonical FLAC, hashes, Chromaprint, facts": lambda: _decode_again(path, folder),
        "read analysis audio": lambda: read_analysis(done.analysis),
        "landmarks": lambda: features.extract(samples),
        "embedding": lambda: embedder.embed(samples),
        "pack features": lambda: features.pack(packed, dense=True),
        "search in 1,000 tracks (50 h)": lambda: search(shards, packed, removed=frozenset(), calibration=builtin()),
        "index part of one track": lambda: snapshot.build_part([("trk", packed)]),
    }
    with one_core():
        taken = {name: tables.timed(call, 3) for name, call in rows.items()}
    total = sum(taken.values())
    lines = [(name, f"{s * 1000:.0f}", f"{TRACK_S / s:.0f}x") for name, s in taken.items()]
    lines.append(("all", f"{total * 1000:.0f}", f"{TRACK_S / total:.0f}x (to reach: {TARGET_TIMES_REAL:.0f}x)"))
    tables.show("One 3-minute track, one core, median of 3", ("stage", "ms", "times real time"), lines)


@contextmanager
def one_core() -> Iterator[None]:
    """This process and the decoders that it starts share one core: several threads gain nothing."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _decode_again(path: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as work:
        decode(path, Path(work))


def synthetic_part(count: int, seconds: float) -> snapshot.BuiltPart:
    """A part of ``count`` synthetic tracks."""
    return snapshot.build_part(synthetic.tracks(count, seconds, synthetic.bases(24)))


def through_the_stack(place: Installation, folder: Path) -> None:
    """A 3-minute track from upload to decision, over HTTP, storage event and state machine."""
    api = _contributor(place)
    terms = api.terms()["sha256"]
    rows = []
    for number in range(4):
        path = piece(folder, 50 + number, TRACK_S, f"whole-{number}.wav")
        began = time.perf_counter()
        upload = api.upload(path)
        track = api.submit(upload, {**METADATA, "title": path.stem}, RIGHTS, terms)["track_id"]
        state = api.wait_decided(track, pause=0.05)
        taken = time.perf_counter() - began
        rows.append(
            (
                f"{number + 1}{' (cold)' if not number else ''}",
                state["status"],
                f"{taken:.2f}",
                f"{TRACK_S / taken:.0f}x",
            )
        )
    tables.show(
        "Upload to decision, 3-minute tracks one after another", ("run", "status", "s", "times real time"), rows
    )


def _contributor(place: Installation) -> Api:
    api = Api(place.url)
    api.register("bench@example.org", "measure twice cut once", "Bench")
    api.login("bench@example.org", "measure twice cut once")
    return api


def encode(wav: Path, target: Path) -> None:
    """As MP3, 128 kbit/s."""
    from imageio_ffmpeg import get_ffmpeg_exe

    command = [get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(wav), "-b:a", "128k", str(target)]
    subprocess.run(command, check=True)


PROBE = """
import json, sys, time
began = time.perf_counter()
sys.path.insert(0, sys.argv[1])
import main
imported = time.perf_counter() - began
call = {"http": {"method": "GET", "path": "/none"}}
http = {"version": "2.0", "rawPath": "/none", "requestContext": call, "headers": {}}
class Context:
    aws_request_id = "probe"
try:
    main.handler(http, Context())
except Exception:
    pass
total = time.perf_counter() - began
with open("/proc/self/status") as status:  # the usage counter would carry the parent's over
    most = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(json.dumps([imported, total, most / 1024]), file=sys.stderr)
"""


def cold_starts() -> None:
    """Import and first answer of every function in a fresh process, and the memory that takes."""
    rows = []
    for folder in sorted((ROOT / "functions").iterdir()):
        runs = [_probe(folder) for _ in range(3)]
        imported, total, memory = (sorted(run[k] for run in runs)[1] for k in range(3))
        rows.append((folder.name, f"{imported * 1000:.0f}", f"{total * 1000:.0f}", f"{memory:.0f}"))
    tables.show("Cold start, fresh process, median of 3", ("function", "import ms", "first answer ms", "MB"), rows)


def _probe(folder: Path) -> list[float]:
    command = [sys.executable, "-c", PROBE, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(json.loads(done.stderr.strip().splitlines()[-1]))


def workers(place: Installation) -> None:
    """Memory of every Lambda worker and of the HTTP process after the work above."""
    rows = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            status = Path(f"/proc/{pid}/status").read_text()
            environ = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        name = next(
            (v.split("=", 1)[1] for v in environ.split("\0") if v.startswith("AWS_LAMBDA_FUNCTION_NAME=")), None
        )
        if name is None and "lemm.stack" not in command:
            continue
        memory = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
        rows.append((name or command.split("lemm.stack.")[1].split()[0], f"{memory:.0f}"))
    tables.show("Memory after work", ("process", "most MB"), sorted(rows))


GROWTH = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import numpy as np
import soundfile, tables
from vault_audio import features
from vault_index.calibration import builtin
from vault_index.search import search
from vault_index.shard import Shard
query = features.extract(np.load(sys.argv[3]))
before = tables.peak_mb()
began = time.perf_counter()
shards = [Shard.open(sys.argv[2])]
loaded = time.perf_counter() - began
taken = tables.timed(lambda: search(shards, query, removed=frozenset(), calibration=builtin()), 5)
print(json.dumps([loaded, taken, tables.peak_mb() - before]))
"""


def growth(folder: Path) -> None:
    """Load time, query time and memory from 100 to 10,000 one-minute tracks; a process of its own for each."""
    query = folder / "query.npy"
    np.save(query, np.ascontiguousarray(compose(5, 10.0, sample_rate=16_000).audio.mean(axis=1), dtype=np.float32))
    sources, rows = synthetic.bases(24), []
    for count in (100, 1_000, 10_000):
        began = time.perf_counter()
        built = snapshot.build_part(synthetic.tracks(count, 60.0, sources))
        built_s = time.perf_counter() - began
        path = folder / f"{count}.part"
        path.write_bytes(built.data)
        done = subprocess.run(
            [sys.executable, "-c", GROWTH, str(Path(__file__).parent), str(path), str(query)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        loaded, taken, memory = json.loads(done.stdout)
        per_minute = len(built.data) / count / 1000
        rows.append(
            (
                f"{count:,}",
                f"{built_s:.1f}",
                f"{per_minute:.1f}",
                f"{loaded * 1000:.0f}",
                f"{taken * 1000:.0f}",
                f"{memory:.0f}",
            )
        )
        path.unlink()
    columns = ("tracks", "build s", "kB per minute", "load ms", "10 s query ms", "MB more")
    tables.show("The index as it grows, one-minute synthetic tracks, one core", columns, rows)


def main() -> None:
    """Run the named parts, or all."""
    parts = ("stages", "growth", "cold", "stack")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    asked = parser.parse_args().only
    with tempfile.TemporaryDirectory(prefix="lemm-bench-") as name:
        folder = Path(name)
        if "stages" in asked:
            stages(folder)
        if "growth" in asked:
            growth(folder)
        if "cold" in asked:
            cold_starts()
        if "stack" in asked:
            with Installation(folder / "data") as place:
                through_the_stack(place, folder)
                workers(place)


if __name__ == "__main__":
    main()
