"""An answer counts for its very sound and versions, while nothing was found since; what was not cleared has none."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from records import HASH, NOW, an_id
from vault_domain.safety import CheckAsk, OutputCheck
from vault_domain.same_sound import UNVERSIONED_FOR, answer_name, answered_by, is_valid, repeated

OTHER = "b" * 64
versions = st.dictionaries(st.sampled_from(["policy", "snapshot:vault", "calibration"]), st.sampled_from(["1", "2"]))
outcomes = st.sampled_from(["allow", "warn", "block", "not_cleared"])


def a_check(**changes) -> OutputCheck:
    return OutputCheck(**{
        "output_id": "out_one", "check": 1, "service": an_id("svc"), "model_id": "m", "content_sha256": HASH,
        "audio_sha256": HASH, "duration_s": 9, "outcome": "allow", "similarity_level": "none",
        "sim_internal_max": 0.1, "sim_external_max": 0.1, "checked_against_internal": True,
        "checked_against_external_catalogs": ("catalogue:open",), "versions": {"policy": "1"}, "at": NOW,
        "event_id": an_id("evt"), "entry_sha256": HASH, "upload_id": an_id("upl"), **changes,
    })  # fmt: skip


@given(versions, versions, st.sampled_from([HASH, OTHER]), st.integers(1, 3), outcomes)
def test_valid_exactly_for_its_sound_its_versions_and_as_the_last_word(made, asked, sound, last, outcome):
    seen = a_check(versions=made, outcome=outcome)
    valid = is_valid(seen, a_check(check=last), sound, asked, NOW + timedelta(days=400))
    assert valid == (made == asked and sound == HASH and last == 1 and outcome != "not_cleared")
    assert (answer_name(made) == answer_name(asked)) == (made == asked)
    assert (answered_by(seen) is None) == (outcome == "not_cleared")


@given(st.floats(0, 3))
def test_what_rests_on_an_unversioned_source_lasts_for_a_day(days):
    seen, later = a_check(checked_against_external_catalogs=("acoustid",)), NOW + timedelta(days=days)
    assert is_valid(seen, seen, HASH, seen.versions, later) == (later - NOW < UNVERSIONED_FOR)


def test_taken_over_it_is_another_outputs_check_with_a_place_of_its_own_in_the_log():
    ask = CheckAsk(output_id="out_two", model_id="n", audio_base64="AAAA", user_ref="u")
    one, later = a_check(outcome="block"), NOW + timedelta(hours=1)
    made = repeated(one, ask, 3, OTHER, None, later)
    assert (made.output_id, made.check, made.model_id, made.user_ref, made.at) == ("out_two", 3, "n", "u", later)
    assert (made.event_id, made.entry_sha256, made.upload_id, made.content_sha256) == (None, None, None, OTHER)
    assert (made.outcome, made.versions, made.audio_sha256) == (one.outcome, one.versions, one.audio_sha256)
