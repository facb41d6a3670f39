"""Suspensions: decided, lifted, decided again; whatever is suspended is never cleared."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.decision import Clearance
from vault_domain.errors import Conflict
from vault_domain.suspensions import (
    MAX_NAMES,
    HeldSound,
    SuspendAsk,
    Suspension,
    free_claimed,
    lift,
    model_subject,
    sound_after,
    sound_found,
    standing,
    suspend,
    suspend_claimed,
    withdraw,
)  # fmt: skip

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ME, ALSO = "acc_" + "0" * 26, "acc_" + "1" * 26
OUTPUT = SuspendAsk(output_id="out_1", reason="sounds like a song I know")
MODEL = SuspendAsk(model_id="m", reason="it repeats what it was given")
CLEAR = st.sampled_from(
    [Clearance("allow", "none", ()), Clearance("warn", "weak", ()), Clearance("block", "strong", ())]
)


def suspended(ask, present=None) -> Suspension:
    return suspend(present, ask, ME, "s", NOW)


@given(st.lists(st.sampled_from(["suspend", "lift", "withdraw"]), max_size=12))
def test_only_what_is_suspended_is_lifted_and_withdrawn_is_for_good(steps):
    present, state = None, None
    for number, step in enumerate(steps):
        ask = OUTPUT.model_copy(update={"reason": f"reason number {number} of mine"})
        allowed = {"suspend": state in (None, "lifted"), "lift": state == "suspended", "withdraw": True}[step]
        if not allowed:
            with pytest.raises(Conflict):
                (suspend if step == "suspend" else lift)(present, ask, ME, "s", NOW)
            continue
        if step == "withdraw":
            present = withdraw(present, ask.subject, "upheld", "clm_1", "s", NOW)
        else:
            present = (suspend if step == "suspend" else lift)(present, ask, ME, "s", NOW)
        state = {"suspend": "suspended", "lift": "lifted", "withdraw": "withdrawn"}[step]
        assert present.state == state
    assert (present.state if present else None) == state


def test_the_same_decision_again_is_the_same_and_another_ones_is_refused():
    once = suspended(OUTPUT)
    assert suspended(OUTPUT, once) is once
    with pytest.raises(Conflict):
        suspend(once, OUTPUT, ALSO, "s", NOW)
    free = lift(once, OUTPUT, ALSO, "s", NOW)
    assert lift(free, OUTPUT, ALSO, "s", NOW) is free


def test_while_a_claim_stands_nothing_is_lifted_and_a_person_may_suspend_over_it():
    by_claim = suspend_claimed(None, "out_1", "clm_1", "s", NOW)
    both = suspend(by_claim, OUTPUT, ME, "s", NOW)
    assert (len(both.decisions), suspend(both, OUTPUT, ME, "s", NOW)) == (2, both)
    assert free_claimed(both, "clm_1", "unfounded", "s", NOW) is both
    assert free_claimed(by_claim, "clm_1", "unfounded", "s", NOW).state == "lifted"
    for present in (by_claim, both):
        with pytest.raises(Conflict):
            lift(present, OUTPUT, ALSO, "s", NOW, claimed=True)
        assert lift(present, OUTPUT, ALSO, "s", NOW).state == "lifted"
    with pytest.raises(Conflict):
        suspend(both, OUTPUT, ALSO, "s", NOW)


@given(CLEAR, st.booleans(), st.booleans(), st.booleans())
def test_nothing_is_released_while_anything_about_it_is_suspended(found, model, output, sound):
    one = suspended(OUTPUT) if output else None
    other = withdraw(None, "out_2", "upheld", "clm_1", "s", NOW) if sound else None
    outputs = (("out_1", one), *((("out_2", other),) if sound else ()))
    held = HeldSound(audio_sha256="0" * 64, withdrawn="out_2") if sound else None
    stands = standing((model_subject("m"), suspended(MODEL) if model else None), outputs, ("0" * 64, held))
    code = "output_withdrawn" if sound else "output_suspended" if output else "model_suspended" if model else None
    assert stands.code == code
    assert stands.over(found).outcome == ("block" if code else found.outcome)
    assert ("suspension" in stands.versions({})) == (code is not None)
    assert all(one.record.key()[0] != "model:m" for one in stands.watched)


NAMES = [f"out_{letter}" for letter in "abcd"]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(["suspend", "lift", "withdraw"])), max_size=20))
def test_a_sound_is_held_as_long_as_any_output_with_it_is(steps):
    decided, sound = {}, None
    for name, step in steps:
        ask = SuspendAsk(output_id=name, reason="sounds like a song I know")
        try:
            if step == "withdraw":
                made = withdraw(decided.get(name), name, "upheld", "clm_1", "s", NOW)
            else:
                made = (suspend if step == "suspend" else lift)(decided.get(name), ask, ME, "s", NOW)
        except Conflict:
            continue
        if made is not decided.get(name):
            decided[name], sound = made, sound_after(sound, "0" * 64, name, made.state)
    told = [(name, decided[name]) for name in sound.outputs] if sound else []
    stands = standing((model_subject("m"), None), [("out_new", None), *told], ("0" * 64, sound))
    states = {one.state for one in decided.values()}
    assert stands.code == next((f"output_{state}" for state in ("withdrawn", "suspended") if state in states), None)


def test_more_names_than_are_kept_push_no_other_out_and_a_withdrawal_always_counts():
    sound = None
    for number in range(MAX_NAMES + 5):
        sound = sound_after(sound, "0" * 64, f"out_{number}", "suspended")
    assert sound.suspended == tuple(f"out_{number}" for number in range(MAX_NAMES))
    assert sound_after(sound, "0" * 64, "out_last", "withdrawn").outputs[0] == "out_last"


@given(st.lists(st.sampled_from(NAMES), max_size=4), st.lists(st.sampled_from(NAMES), min_size=1, max_size=4))
def test_what_a_sound_was_found_to_copy_holds_it_whatever_is_decided_about_its_outputs(before, found):
    sound = sound_found(sound_found(None, "0" * 64, before), "0" * 64, found)
    for state in ("suspended", "lifted"):
        sound = sound_after(sound, "0" * 64, "out_1", state)
    assert set(sound.copies) == {*before, *found}
    assert sound_found(sound, "0" * 64, found) is sound
    assert standing((model_subject("m"), None), [("out_2", None)], ("0" * 64, sound)).code == "resembles_upheld"


@pytest.mark.parametrize("given", [{}, {"output_id": "out_1", "model_id": "m"}])
def test_one_thing_is_suspended_at_a_time(given):
    with pytest.raises(ValueError, match="only one"):
        SuspendAsk(**given, reason="ten letters or more")
