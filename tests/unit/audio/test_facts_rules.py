"""audio_rules: each threshold acts where it says, and refusals become their errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.audio_rules import AudioFacts, AudioLimits, judge
from vault_domain.errors import Clipped, Silent, TooLong, TooShort

CLEAN = AudioFacts(
    duration_s=180, channels=2, sample_rate=44_100, loudness_lufs=-16, peak_dbfs=-1, clipped_share=0,
    silence_share=0.02, longest_silence_s=1, dc_offset=0, bandwidth_hz=16_000, noise_share=0.1, tone_share=0,
    dual_mono=False, mono_loss_db=-1,
)  # fmt: skip


def test_clean_facts_have_an_empty_verdict():
    assert judge(CLEAN).model_dump() == {"refusals": (), "flags": ()}
    assert judge(CLEAN).error() is None


@pytest.mark.parametrize(
    ("change", "error"),
    [({"duration_s": 2.9}, TooShort), ({"duration_s": 1801}, TooLong), ({"loudness_lufs": -70}, Silent),
     ({"peak_dbfs": -61}, Silent), ({"silence_share": 0.996}, Silent), ({"clipped_share": 0.26}, Clipped)],
)  # fmt: skip
def test_refusals(change, error):
    verdict = judge(CLEAN.model_copy(update=change))
    assert [reason.code for reason in verdict.refusals] == [error.code]
    assert type(verdict.error()) is error
    assert any(figure.isdigit() for figure in verdict.refusals[0].detail)


@pytest.mark.parametrize(
    ("change", "flag"),
    [({"duration_s": 14}, "short"), ({"silence_share": 0.51}, "mostly_silent"), ({"clipped_share": 0.002}, "clipping"),
     ({"loudness_lufs": -41}, "very_quiet"), ({"dual_mono": True}, "mono"), ({"channels": 1}, "mono"),
     ({"bandwidth_hz": 4000}, "low_bandwidth"), ({"noise_share": 0.95}, "noise"), ({"tone_share": 0.95}, "test_tone"),
     ({"dc_offset": 0.1}, "dc_offset"), ({"mono_loss_db": -20}, "phase_cancels")],
)  # fmt: skip
def test_flags_refuse_nothing(change, flag):
    verdict = judge(CLEAN.model_copy(update=change))
    assert verdict.refusals == ()
    assert [reason.code for reason in verdict.flags] == [flag]


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 5000))
def test_stricter_limits_never_refuse_less(share, limit, seconds):
    facts = CLEAN.model_copy(update={"clipped_share": share, "duration_s": seconds})
    loose, strict = AudioLimits(clipped_share=limit), AudioLimits(clipped_share=limit / 2, min_duration_s=10)
    assert {r.code for r in judge(facts, loose).refusals} <= {r.code for r in judge(facts, strict).refusals}
