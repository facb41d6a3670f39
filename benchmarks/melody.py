"""Does the melody axis find tunes in other arrangements, and how often is it wrong?

    python benchmarks/melody.py --audio DIR --keep DIR [--pieces 120] [--queries 400] [--out FILE]

Each composed piece is re-arranged by the composer (other instruments and
figures, key within 6 semitones, tempo within 20 %), each score played a second
time with other instruments, figures, chords or none (``scores.py``); excerpts
of the second arrangement are searched in one catalogue of all first
arrangements and the real music. Unrelated queries are the same excerpts with
their own track, and any that shares its tune, taken out; excerpts of the real
music without their own track; composed pieces of other seeds.

The calibration is measured on half, against a catalogue of that half alone: composed seeds, real tracks and
collections of scores of its own. Detection and false positives are then
measured on the other half, whose pieces took no part in the calibration; some of
the airs had been heard while settings were chosen. ``--keep`` holds what was heard, so that a second run is short.
"""

import argparse
import json
import pickle
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import scores
from calibrate import measured, threshold
from copies import real_tracks
from numpy.random import Generator, default_rng
from tables import percentile, show
from vault_audio import melody as describing
from vault_audio.features import extract
from vault_index import melody
from vault_index.calibration import FORMAT, Calibration, Catalogue, Tail, parse
from vault_models.compose import compose, rearrange

CALIBRATE, TEST, UNRELATED = 7_400_000, 7_500_000, 7_600_000
LEARNT = {"bach": 70, "ryansMammoth": 50, "palestrina": 20}
HELD_OUT = {"monteverdi": 10, "oneills1850": 12, "airdsAirs": 12, "trecento": 8}
LENGTHS = (15.0, 30.0, 60.0)
FRAMES = 40
SHARED = 14  # notes in a row with the same intervals: the same tune


@dataclass(eq=False)
class Item:
    """One piece: its first arrangement as rows, the map of its second, and what was changed."""

    name: str
    music: str
    kind: str
    test: bool
    rows: np.ndarray
    again: np.ndarray | None
    tempo: float = 1.0
    key: int = 0
    tune: tuple[int, ...] = ()
    related: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Asked:
    """What one query found: the score of its own track (0: none) and the best of unrelated ones."""

    item: Item
    seconds: float
    own: float
    other: float
    shift: tuple[float, int]
    took: float


def heard(samples: np.ndarray) -> np.ndarray:
    dense = extract(samples).dense
    assert dense is not None
    return dense


def composed(first: int, count: int, *, test: bool) -> Iterator[Item]:
    for seed in range(first, first + count):
        rng = default_rng([seed, 77])
        key, tempo = int(rng.integers(-6, 7)), float(np.exp(rng.uniform(np.log(0.8), np.log(1.2))))
        piece = compose(seed, 75.0, sample_rate=scores.RATE)
        other = rearrange(piece, seed + 1, transpose=key, tempo=tempo)
        rows = describing.describe(heard(piece.audio.mean(axis=1)))
        yield Item(f"composed-{seed}", "composed", "all", test, rows, heard(other.audio.mean(axis=1)), tempo, key)


def scored(sets: dict[str, int], *, test: bool) -> Iterator[Item]:
    for number, tune in enumerate(scores.tunes(sets)):
        rng = default_rng([number, 9, test])
        bpm, kind = float(rng.uniform(85, 130)), scores.KINDS[number % 4]
        key, tempo = int(rng.integers(-6, 7)), float(np.exp(rng.uniform(np.log(0.8), np.log(1.2))))
        beats = bpm * 75 / 60
        one = scores.played(scores.cut(scores.first(tune, rng), beats), bpm=bpm)
        two = scores.played(scores.cut(scores.again(tune, kind, rng), beats), bpm=bpm * tempo, transpose=key)
        pitches = [pitch for _, _, pitch in tune.parts[0]]
        yield Item(f"{tune.composer}/{tune.name}", "scores", kind, test, describing.describe(heard(one)), heard(two),
                   tempo, key, tuple(np.diff(pitches).tolist()))  # fmt: skip


def real(folder: Path, related: Sequence[str]) -> Iterator[Item]:
    for track in real_tracks(folder, related):
        half = int(sha256(min(track.related).encode()).hexdigest(), 16) % 2 == 1
        dense = heard(track.audio)
        yield Item(track.id, "real", "none", half, describing.describe(dense), dense, related=track.related)


def unrelated(count: int) -> Iterator[Item]:
    """Composed pieces that are in no catalogue."""
    for seed in range(UNRELATED, UNRELATED + count):
        dense = heard(compose(seed, 62.0, sample_rate=scores.RATE).audio.mean(axis=1))
        yield Item(f"other-{seed}", "composed", "none", False, np.zeros((0, 6), np.uint8), dense)


def relate(items: Sequence[Item]) -> None:
    """Tunes that share a run of intervals are each other's relatives: folk tunes and chorales go by many names."""
    holders: dict[tuple[int, ...], set[str]] = {}
    runs = {item.name: {item.tune[n : n + SHARED] for n in range(len(item.tune) - SHARED + 1)} for item in items}
    for name, own in runs.items():
        for run in own:
            if len(set(run)) > 2:
                holders.setdefault(run, set()).add(name)
    for item in items:
        shared = set().union(*(holders.get(run, set()) for run in runs[item.name]))
        item.related = item.related | {item.name} | shared


def kept(folder: Path | None, name: str, make: Iterable[Item]) -> list[Item]:
    """Items made before, or made now and kept."""
    file = folder / f"{name}.pickle" if folder else None
    if file and file.exists():
        return list(pickle.loads(file.read_bytes()))
    items = list(make)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(items))
    return items


def excerpts(item: Item, seconds: float, rng: Generator) -> Iterator[np.ndarray]:
    """One excerpt of a second arrangement, up to four of a real track; none of what is too short."""
    assert item.again is not None
    need = int(seconds * FRAMES)
    room = len(item.again) - need
    if room < -2 * FRAMES:
        return
    for _ in range(min(4, 1 + len(item.again) // (2 * need)) if item.music == "real" else 1):
        start = int(rng.integers(max(1, room)))
        yield describing.describe(item.again[start : start + need])


def asked(book: melody.Book, items: Sequence[Item], lengths: Sequence[float], calibration: Calibration) -> list[Asked]:
    out = []
    for seconds in lengths:
        rng = default_rng([int(seconds), 11])
        for item in items:
            for query in excerpts(item, seconds, rng):
                began = time.process_time()
                found = melody.search([book], query, calibration=calibration, limit=melody.CANDIDATES * 8)
                took = time.process_time() - began
                own = next((match for match in found if match.track == item.name), None)
                best = max((match.raw for match in found if match.track not in item.related), default=0.0)
                shift = (own.tempo_factor, own.pitch_semitones) if own else (0.0, 0)
                out.append(Asked(item, seconds, own.raw if own else 0.0, best, shift, took))
    return out


def assembled(rows: Sequence[Asked], book: melody.Book) -> dict[str, Any]:
    """The calibration file: of the kinds of music the highest tail, by length."""
    measurements, tails = [], []
    for seconds in LENGTHS:
        by_music = {music: np.array([row.other for row in rows if row.seconds == seconds and row.item.music == music])
                    for music in ("composed", "scores", "real")}  # fmt: skip
        own = [measured(music, values, seconds) for music, values in by_music.items() if len(values) >= 25]
        measurements += own
        tails.append(max((row["tail"] for row in own), key=lambda tail: threshold(tail, 0.001)))
    document: dict[str, Any] = {
        "format": FORMAT, "settings": melody.SETTINGS, "weights": {},
        "catalogues": [{"catalogue_s": round(book.seconds, 1), "tails": tails}],
        "measurements": {"tracks": len(book.tunes), "rows": measurements},
    }  # fmt: skip
    return {"version": sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:12], **document}


def wilson(hits: int, count: int) -> str:
    """A share with its 95 % bounds, per cent."""
    if count == 0:
        return "-"
    share, z = hits / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{100 * share:.1f} ({100 * (middle - half):.0f}-{100 * (middle + half):.0f})"


def report(rows: Sequence[Asked], calibration: Calibration, seconds: float) -> None:
    """Detection and false positives of the held-out half, by what was changed."""

    def over(raw: float, length: float, limit: float) -> bool:
        return calibration.similarity(raw, length, seconds) >= limit

    groups: dict[str, list[Asked]] = {}
    for row in rows:
        if row.item.kind == "none":
            continue
        named = f"{row.item.music} {row.seconds:.0f} s"
        for name in (named, *([f"{named}, {row.item.kind}"] if row.item.music == "scores" else [])):
            groups.setdefault(name, []).append(row)
    lines = []
    for name, own in sorted(groups.items()):
        first = sum(row.own > row.other for row in own)
        found = [row for row in own if over(row.own, row.seconds, 0.4)]
        strong = sum(over(row.own, row.seconds, 0.7) for row in own)
        tempo = sum(abs(row.shift[0] / row.item.tempo - 1) < 0.02 for row in found)
        key = sum((row.shift[1] - row.item.key) % 12 == 0 for row in found)
        lines.append([name, str(len(own)), wilson(first, len(own)), wilson(len(found), len(own)),
                      wilson(strong, len(own)), wilson(tempo, len(found)), wilson(key, len(found))])  # fmt: skip
    show("Re-arrangements, held out", ("queries", "n", "ranked first, %", "found at 1 % FPR", "found at 0.1 % FPR",
                                       "tempo within 2 %", "key right"), lines)  # fmt: skip
    lines = []
    for music in ("composed", "scores", "real"):
        for length in LENGTHS:
            own = [row for row in rows if row.item.music == music and row.seconds == length]
            weak = sum(over(row.other, length, 0.4) for row in own)
            strong = sum(over(row.other, length, 0.7) for row in own)
            highest = max((row.other for row in own), default=0.0)
            lines.append([f"{music} {length:.0f} s", str(len(own)), wilson(weak, len(own)), wilson(strong, len(own)),
                          f"{highest:.1f}"])  # fmt: skip
    show("Unrelated queries, held out", ("queries", "n", "at 0.4 or more, %", "at 0.7 or more, %", "highest"), lines)


def book_of(items: Sequence[Item]) -> melody.Book:
    return melody.Book.of([melody.Tune(item.name, len(item.rows) / 4, item.rows) for item in items])


def costs(book: melody.Book, items: Sequence[Item], calibration: Calibration) -> None:
    dense = [item.again for item in items if item.again is not None][:100]
    began = time.process_time()
    for one in dense:
        describing.describe(one)
    speed = sum(map(len, dense)) / FRAMES / (time.process_time() - began)
    minutes = sum(tune.duration_s for tune in book.tunes) / 60
    size = sum(tune.rows.nbytes for tune in book.tunes)
    lines = [["describing, after the map, x real time", f"{speed:,.0f}"]]
    lines.append(["bytes per minute", f"{size / minutes:,.0f}"])
    pool = [tune.rows[:240] for tune in book.tunes if len(tune.rows) >= 240]
    queries = [describing.describe(one[: 30 * FRAMES]) for one in dense[:20]]
    for count in (100, 1000):
        many = melody.Book.of([melody.Tune(str(n), 60.0, np.roll(pool[n % len(pool)], 7 * n, axis=0))
                               for n in range(count)])  # fmt: skip
        took = []
        for query in queries:
            began = time.process_time()
            melody.search([many], query, calibration=calibration)
            took.append(1000 * (time.process_time() - began))
        lines.append([f"30 s query in {count:,} tracks of a minute, ms p50 / p95",
                      f"{percentile(took, 0.5):.0f} / {percentile(took, 0.95):.0f}"])  # fmt: skip
    show("Costs, one core", ("what", "measured"), lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path)
    parser.add_argument("--related", action="append", default=[], metavar="A,B")
    parser.add_argument("--keep", type=Path, help="folder for what was heard, to be used again")
    parser.add_argument("--pieces", type=int, default=120, help="composed pieces per half")
    parser.add_argument("--queries", type=int, default=400, help="composed pieces that are in no catalogue")
    parser.add_argument("--without-scores", action="store_true")
    parser.add_argument("--out", type=Path, help="write the calibration here; without it, the shipped one is used")
    chosen = parser.parse_args()
    items = kept(chosen.keep, "composed", composed(CALIBRATE, chosen.pieces, test=False))
    items += kept(chosen.keep, "composed-test", composed(TEST, chosen.pieces, test=True))
    if chosen.audio:
        items += kept(chosen.keep, "real", real(chosen.audio, chosen.related))
    if not chosen.without_scores:
        items += kept(chosen.keep, "scores", scored(LEARNT, test=False))
        items += kept(chosen.keep, "scores-test", scored(HELD_OUT, test=True))
    relate(items)
    book = book_of(items)
    print(f"{len(book.tunes)} tracks, {book.seconds / 3600:.1f} h", flush=True)
    raw = Calibration("raw", melody.SETTINGS, {}, (Catalogue(1.0, (Tail(1.0, 2.0, 0.1, 1.0, 1.0),)),), {})
    if chosen.out:
        others = kept(chosen.keep, "unrelated", unrelated(chosen.queries))
        relate(others)
        learnt = [item for item in items if not item.test]
        known = book_of(learnt)
        document = assembled(asked(known, [*learnt, *others], LENGTHS, raw), known)
        chosen.out.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
        print(json.dumps(document["catalogues"], indent=1))
    calibration = parse(chosen.out.read_bytes()) if chosen.out else melody.builtin()
    report(asked(book, [item for item in items if item.test], LENGTHS, raw), calibration, book.seconds)
    costs(book, items, calibration)


if __name__ == "__main__":
    main()
