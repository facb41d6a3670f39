"""How many cleared outputs are looked at again in a second, by how much is new in the index.

    python benchmarks/retro.py [--outputs 1000] [--tracks 1000] [--seconds 30]

The real function ``retro-scan`` over memory stores, in one process: what is measured is reading and unpacking what was
kept of each output, the quick look at the new references, and, for outputs that copy one of them, the comparison with
the whole index and the record of what changed. Requests to tables and buckets come on top. Outputs are composed pieces;
the index holds synthetic tracks (``synthetic.py``) of a minute. The last line admits a piece that some outputs are.
Processor time is that of all threads; it hardly depends on what else the machine does, time by the clock does.
"""

import argparse
import os
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from types import ModuleType

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np
import synthetic
from tables import show
from training_world import ROOT, InMemory
from vault_audio.features import Features, extract, pack
from vault_domain import snapshots
from vault_domain.ids import make_id
from vault_domain.ports import Put, every
from vault_domain.rechecks import LONGEST_CHECK
from vault_domain.records import stamp
from vault_domain.safety import OutputCheck
from vault_edge.deps import Deps
from vault_edge.loading import load_folder
from vault_index.snapshot import build_part
from vault_models.compose import compose
from vault_store.clock import SystemClock

PIECES = 20
NEW = (1, 100, 1_000)


class Moved:
    """The clock, put forward to when a pass may look at the end of the list."""

    def __init__(self) -> None:
        self.by, self.system = timedelta(), SystemClock()

    def __call__(self) -> datetime:
        return self.system() + self.by


def admit(deps: Deps, tracks: Iterable[tuple[str, Features]]) -> None:
    """One more part of the vault's index."""
    built = build_part((name, found.without_dense()) for name, found in tracks)
    at = stamp(deps.clock())
    deps.index.change("vault", lambda now: snapshots.with_part(now, built.part, at), [built.data])


def cleared(deps: Deps, number: int, found: Features) -> None:
    """An output as a check leaves it."""
    output_id, sound = f"out_{number:06d}", f"{number:064x}"
    key = f"features/{output_id}/{sound}.bin"
    deps.bucket("outputs").write(key, pack(found, dense=True), content_type="application/octet-stream")
    one = OutputCheck(
        output_id=output_id, check=1, service=make_id("svc", bytes(16)), model_id="bench", content_sha256=sound,
        audio_sha256=sound, duration_s=found.duration_s, outcome="allow", similarity_level="none",
        sim_internal_max=0.0, sim_external_max=0.0, checked_against_internal=True,
        checked_against_external_catalogs=(), versions={"policy": "1"}, features=f"outputs/{key}", at=deps.clock(),
    )  # fmt: skip
    deps.records.commit([Put(one, 0)])


def counted(deps: Deps, outcome: str) -> int:
    return sum(1 for _ in every(lambda at: deps.records.find(OutputCheck, "by_outcome", outcome, cursor=at)))


def timed_pass(module: ModuleType, clock: Moved) -> tuple[float, float]:
    """Seconds of a whole pass, by the clock and of processors; the wait before its second look is left out."""
    taken, used, outcome = 0.0, 0.0, "waits"
    while outcome == "waits":
        began, busy = time.perf_counter(), time.process_time()
        outcome = module.handler({}, None)["outcome"]["vault"]
        taken, used = taken + time.perf_counter() - began, used + time.process_time() - busy
        clock.by += LONGEST_CHECK * 3  # past what the second look goes back
    assert outcome == "compared", outcome
    return taken, used


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--outputs", type=int, default=1_000)
    asked.add_argument("--tracks", type=int, default=1_000)
    asked.add_argument("--seconds", type=float, default=30.0)
    options = asked.parse_args()
    deps, clock = InMemory().deps, Moved()
    deps.clock = clock
    module = load_folder(ROOT / "functions" / "retro-scan")
    module.app.bind(deps)
    module.app.logger.setLevel("ERROR")
    bases = synthetic.bases(24)
    admit(deps, synthetic.tracks(options.tracks, 60.0, bases))
    timed_pass(module, clock)
    pieces = [
        extract(
            np.ascontiguousarray(compose(5_000 + n, options.seconds, sample_rate=synthetic.RATE).audio.mean(axis=1))
        )
        for n in range(PIECES)
    ]
    for number in range(options.outputs):
        cleared(deps, number, pieces[number % PIECES])
    clock.by += LONGEST_CHECK * 3
    rows = []
    news = [(f"{new:,}", list(_named(new, bases))) for new in NEW]
    for what, tracks in [*news, (f"1, a copy of it one output in {PIECES}", [("copied", pieces[0])])]:
        looked = counted(deps, "allow") + counted(deps, "warn")
        before = counted(deps, "block")
        admit(deps, tracks)
        taken, used = timed_pass(module, clock)
        stricter = counted(deps, "block") - before
        rows.append(
            (what, f"{looked:,}", f"{taken:.1f}", f"{1000 * used / looked:.1f}", f"{looked / used:.0f}", f"{stricter}")
        )
    columns = ("new tracks", "outputs", "s by the clock", "processor ms each", "a second of one core", "blocked")
    show(f"Outputs of {options.seconds:.0f} s, {options.tracks:,} tracks in the index before", columns, rows)


def _named(count: int, bases: list[Features]) -> Iterable[tuple[str, Features]]:
    """New tracks under names of their own."""
    return ((f"{name}-of-{count}", found) for name, found in synthetic.tracks(count, 60.0, bases, seed=count + 1))


if __name__ == "__main__":
    main()
