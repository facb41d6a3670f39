"""Retries end, wait politely, and never hide an error of ours."""

import pytest
from vault_domain.errors import LostRace, Unavailable
from vault_store.patience import Patience, Transient


class Time:
    """A clock that moves when somebody sleeps, and a little with each try."""

    def __init__(self) -> None:
        self.now, self.naps = 0.0, []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def patience(self, **bounds) -> Patience:
        return Patience(sleep=self.sleep, clock=lambda: self.now, **bounds)


def failing(times: int, error: Exception):
    left = [error] * times

    def work() -> str:
        if left:
            raise left.pop()
        return "done"

    return work


def test_it_goes_on_until_it_works():
    time = Time()
    assert time.patience().persist(failing(5, Transient("busy")), "it") == "done"
    assert len(time.naps) == 5
    assert all(0 <= nap <= min(1.0, 0.05 * 2**turn) for turn, nap in enumerate(time.naps))


def test_it_gives_up_and_says_who_did_not_answer():
    time = Time()
    with pytest.raises(Unavailable, match=r"the store did not answer \(busy\)"):
        time.patience(attempts=3).persist(failing(3, Transient("busy")), "the store")
    assert len(time.naps) == 2


def test_it_gives_up_when_the_budget_is_spent():
    time = Time()

    def slow() -> None:
        time.now += 8
        raise Transient("slow")

    with pytest.raises(Unavailable):
        time.patience(attempts=100, budget=20).persist(slow, "it")
    assert len(time.naps) == 2


def test_an_error_of_ours_passes_at_once():
    time = Time()
    with pytest.raises(LostRace):
        time.patience().persist(failing(1, LostRace()), "it")
    assert time.naps == []
