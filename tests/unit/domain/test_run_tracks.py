"""The tree over a run's tracks: every track is shown to be in or out, and never both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import HASH, NOW, an_id
from vault_domain.merkle import EMPTY_ROOT
from vault_domain.run_tracks import Shown, TrackLeaf, check_shown, leaves_of, root_hex, shown
from vault_domain.training import RunTrack

NUMBERS = st.sets(st.integers(1, 60), min_size=1, max_size=40)


def rows(numbers):
    return [
        RunTrack(run_id="run_one", track_id=an_id("trk", n), model_id="m", sha256=f"{n:064x}", rights_sha256=HASH,
                 granted=NOW, reads=n % 3, declared=n % 2 == 0)
        for n in numbers
    ]  # fmt: skip


@given(NUMBERS, st.integers(0, 61))
def test_a_track_is_in_or_out_and_each_is_shown(numbers, asked):
    leaves = leaves_of(rows(numbers))
    root, track_id = bytes.fromhex(root_hex(leaves)), an_id("trk", asked)
    leaf = check_shown(track_id, len(leaves), root, shown(leaves, track_id))
    assert (leaf is not None) == (asked in numbers)
    assert leaf is None or (leaf.reads, leaf.declared) == (asked % 3, asked % 2 == 0)


@given(NUMBERS, st.integers(1, 60), st.data())
def test_no_choice_of_true_leaves_hides_a_track_that_is_in(numbers, asked, data):
    numbers = numbers | {asked}
    leaves = leaves_of(rows(numbers))
    every = [one for leaf in leaves for one in shown(leaves, leaf.track_id)]
    chosen = data.draw(st.lists(st.sampled_from(every), max_size=3))
    try:
        leaf = check_shown(an_id("trk", asked), len(leaves), bytes.fromhex(root_hex(leaves)), chosen)
    except ValueError:
        return
    assert leaf is not None


@given(NUMBERS, st.integers(0, 61), st.data())
def test_every_flipped_bit_is_refused(numbers, asked, data):
    leaves = leaves_of(rows(numbers))
    root, track_id = bytes.fromhex(root_hex(leaves)), an_id("trk", asked)
    places = list(shown(leaves, track_id))
    which = data.draw(st.integers(0, len(places) - 1))
    one = places[which]
    blob = one.entry + b"".join(one.path)
    at, bit = data.draw(st.integers(0, len(blob) - 1)), data.draw(st.integers(0, 7))
    blob = blob[:at] + bytes([blob[at] ^ 1 << bit]) + blob[at + 1 :]
    cut = len(one.entry)
    path = tuple(blob[i : i + 32] for i in range(cut, len(blob), 32))
    places[which] = Shown(blob[:cut], one.index, path)
    with pytest.raises(ValueError, match=r"."):
        check_shown(track_id, len(leaves), root, places)


def test_another_spelling_of_a_leaf_and_an_empty_run():
    leaf = TrackLeaf(track_id=an_id("trk", 1), sha256=HASH, rights_sha256=HASH, reads=0, declared=False)
    assert root_hex([]) == EMPTY_ROOT.hex()
    assert shown([], leaf.track_id) == ()
    with pytest.raises(ValueError, match="neither"):
        check_shown(leaf.track_id, 0, EMPTY_ROOT, ())
