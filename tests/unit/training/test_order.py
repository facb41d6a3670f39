"""The order of an epoch: whole, shared among workers, and unmoved by those who drop out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lemm.training.order import Place, epoch_order
from records import an_id

NUMBERS = st.sets(st.integers(0, 500), max_size=60)


def entries(numbers):
    return [{"track_id": an_id("trk", number)} for number in sorted(numbers)]


def ids(order):
    return [entry["track_id"] for entry in order]


@given(NUMBERS, st.integers(0, 2**32 - 1), st.integers(0, 5), st.integers(1, 5))
def test_workers_share_an_epoch_without_gap_or_overlap(numbers, seed, epoch, workers):
    parts = [ids(epoch_order(entries(numbers), seed, Place(epoch), n, workers)) for n in range(workers)]
    assert sorted(one for part in parts for one in part) == ids(entries(numbers))


@given(NUMBERS, st.integers(0, 99), st.data())
def test_a_track_that_drops_out_moves_no_other(numbers, seed, data):
    gone = data.draw(st.sets(st.sampled_from(sorted(numbers)))) if numbers else set()
    before, after = epoch_order(entries(numbers), seed, Place()), epoch_order(entries(numbers - gone), seed, Place())
    dropped = {an_id("trk", number) for number in gone}
    assert [one for one in ids(before) if one not in dropped] == ids(after)


@given(NUMBERS, st.integers(0, 99), st.booleans(), st.data())
def test_going_on_from_a_place_gives_the_rest_even_if_that_track_is_gone(numbers, seed, shuffle, data):
    if not numbers:
        return
    order = ids(epoch_order(entries(numbers), seed, Place(3), shuffle=shuffle))
    at = data.draw(st.integers(0, len(order) - 1))
    left = [entry for entry in entries(numbers) if data.draw(st.booleans()) or entry["track_id"] != order[at]]
    rest = ids(epoch_order(left, seed, Place(3, order[at]), shuffle=shuffle))
    assert rest == [one for one in order[at + 1 :] if one in set(ids(left))]


def test_seeds_and_epochs_differ_and_unshuffled_is_the_manifests_order():
    some = entries(range(50))
    orders = {tuple(ids(epoch_order(some, seed, Place(epoch)))) for seed in (1, 2) for epoch in (0, 1)}
    assert len(orders) == 4
    assert ids(epoch_order(some, 1, Place(), shuffle=False)) == ids(some)
    for worker, workers in ((2, 2), (-1, 2), (0, 0)):
        with pytest.raises(ValueError, match="no worker"):
            epoch_order(some, 1, Place(), worker, workers)
