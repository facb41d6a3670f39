"""Near-silence, noise and tones: a warning with its name, never an allowance, and never less than what was found."""

from hypothesis import given
from hypothesis import strategies as st
from vault_domain.decision import Clearance
from vault_domain.hearing import UNHEARD, only_unheard, unheard, weighed
from vault_domain.reasons import Reason

FLAGS = (*UNHEARD, "mono", "clipping", "dc_offset", "low_bandwidth", "short")
flags = st.lists(st.sampled_from(FLAGS), max_size=4, unique=True).map(
    lambda codes: tuple(Reason(code=code, detail="as measured") for code in codes)
)
SEVERITY = {"allow": 0, "warn": 1, "not_cleared": 2, "block": 3}


@given(st.sampled_from(sorted(SEVERITY)), flags)
def test_sound_never_makes_an_outcome_milder_and_never_lets_one_pass_in_silence(outcome, flags):
    before = Clearance(outcome, "none", (Reason(code="too_similar"),) if outcome == "block" else ())
    after = weighed(before, flags)
    named = {flag.code for flag in flags} & set(UNHEARD)
    assert SEVERITY[after.outcome] >= SEVERITY[before.outcome]
    assert (after.outcome == before.outcome) or (outcome, after.outcome) == ("allow", "warn")
    assert (after.outcome == "allow") == (outcome == "allow" and not named)
    assert {reason.code for reason in after.reasons} == {reason.code for reason in before.reasons} | named


def test_a_reason_says_what_was_measured():
    (said,) = unheard((Reason(code="very_quiet", detail="-61.0 LUFS"), Reason(code="mono")))
    assert said.detail == "It is close to silence (-61.0 LUFS): little can be recognised in it."


def test_only_the_sound_itself():
    assert only_unheard(["noise", "test_tone"])
    assert not only_unheard([])
    assert not only_unheard(["noise", "some_similarity"])
