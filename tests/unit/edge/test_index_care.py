"""Which parts are merged: few remain, little is written again, tombstoned tracks always leave."""

import math
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
from vault_domain.snapshots import Manifest, Part
from vault_edge.index_care import PART_SECONDS, STEP, to_merge


def index_of(sizes, removed=(), seconds=60.0):
    parts, shards = [], []
    for number, size in enumerate(sizes):
        digest = f"{number:064x}"
        parts.append(Part(name=f"p{number}", sha256=digest, bytes=1, tracks=size, seconds=size * seconds))
        shards.append(SimpleNamespace(tracks=[SimpleNamespace(id=f"{number}-{track}") for track in range(size)]))
    manifest = Manifest(name="vault", settings={}, parts=tuple(parts), removed=tuple(sorted(removed)), created="now")
    return manifest, shards


@given(st.lists(st.integers(1, 60), max_size=12))
def test_what_remains_grows_with_the_logarithm(sizes) -> None:
    manifest, shards = index_of(sizes)
    chosen = to_merge(manifest, shards)
    assert len(chosen) != 1
    merged = [sum(sizes[n] for n in chosen)] if chosen else []
    rest = sorted([size for n, size in enumerate(sizes) if n not in chosen] + merged)
    assert to_merge(*index_of(rest)) == [] or len(rest) < len(sizes)
    for _ in range(len(sizes)):
        chosen = to_merge(*index_of(rest))
        if not chosen:
            break
        rest = sorted([size for n, size in enumerate(rest) if n not in chosen] + [sum(rest[n] for n in chosen)])
    assert len(rest) <= math.log(max(sum(sizes), 1), STEP) + 2


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.data())
def test_parts_with_tombstoned_tracks_are_always_written_again(sizes, data) -> None:
    part = data.draw(st.integers(0, len(sizes) - 1))
    manifest, shards = index_of(sizes, removed=[f"{part}-0", "elsewhere"])
    assert part in to_merge(manifest, shards)


def test_one_part_never_holds_more_than_its_format_can_address() -> None:
    manifest, shards = index_of([2, 2], seconds=PART_SECONDS / 3)
    assert to_merge(manifest, shards) == []


def test_admissions_one_by_one_are_written_again_rarely() -> None:
    sizes, written = [], 0
    for _ in range(300):
        sizes.append(1)
        chosen = to_merge(*index_of(sizes))
        if chosen:
            written += sum(sizes[n] for n in chosen)
            sizes = [size for n, size in enumerate(sizes) if n not in chosen] + [sum(sizes[n] for n in chosen)]
    assert len(sizes) <= 6
    assert written < 300 * 12
