"""Turns of erasures: nobody is passed over, and an erasure ends only after a whole look when nothing could come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from vault_domain.erasure import SETTLES, Erasure
from vault_domain.erasure_turns import STEPS, Turn, begun, in_turn, is_over, went_on

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def account(number: int) -> str:
    return f"acc_{number:026d}"


def an_erasure(number: int = 1, asked: datetime = NOW) -> Erasure:
    return Erasure(account_id=account(number), tracks="keep", asked=asked)


@given(st.lists(st.integers(0, 4), max_size=12), st.integers(2, 5))
def test_whoever_came_last_comes_first_the_next_time(cuts: list[int], many: int):
    """Runs that get only so far: between two turns of one erasure, every other has one."""
    rows, turns, had = [an_erasure(number) for number in range(many)], {}, []
    for run, cut in enumerate(cuts):
        for erasure, turn in in_turn(rows, turns.values())[:cut]:
            turns[erasure.account_id] = begun(turn, erasure, NOW + timedelta(minutes=5 * run, seconds=len(had)))
            had.append(erasure.account_id)
    for place in range(len(had) - many + 1):
        assert len(set(had[place : place + many])) == many


def test_new_ones_come_first():
    old, new = an_erasure(1, NOW), an_erasure(2, NOW + timedelta(hours=1))
    turn = Turn(account_id=old.account_id, began=NOW)
    assert [one.account_id for one, _ in in_turn([old, new], [turn])] == [new.account_id, old.account_id]


@given(st.lists(st.tuples(st.timedeltas(timedelta(0), 2 * SETTLES), st.integers(0, 3), st.integers(0, 20)), max_size=6))
def test_it_is_over_only_after_a_whole_pass_that_began_when_nothing_could_come_and_found_nothing(passes):
    erasure, settled = an_erasure(), False
    turn = Turn(account_id=erasure.account_id)
    for after, pages, waits_at in sorted(passes):
        if is_over(turn):
            break
        turn = begun(turn, erasure, NOW + after)
        assert turn.whole is (after >= SETTLES and not settled)
        looked, waited, steps = 0, False, {turn.step}
        while turn.passing:
            waits, looked = looked == waits_at, looked + 1
            waited = waited or waits
            turn = went_on(turn, "more" if looked % (pages + 1) else None, waits)
            steps.add(turn.step)
        settled = settled or after >= SETTLES
        assert steps == set(range(len(STEPS)))
        assert is_over(turn) is (settled and not waited)


def test_a_pass_goes_on_as_it_began():
    erasure = an_erasure()
    turn = went_on(begun(Turn(account_id=erasure.account_id), erasure, NOW), "here", True)
    again = begun(turn, erasure, NOW + 2 * SETTLES)
    assert (again.cursor, again.waits, again.whole, again.step) == ("here", True, False, 0)
