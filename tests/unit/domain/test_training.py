"""Grants: only what the rights of the moment allow, in one order, counted when left out."""

from datetime import UTC, datetime, timedelta

import pytest
from granting import a_track, its_rights, missing_party, numbered
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from vault_domain import leases, runs
from vault_domain.errors import Conflict, Expired, NotFound, PolicyRefused, Revoked
from vault_domain.policy import Policy
from vault_domain.rights import FLAG_FOR, ConsentFlags, revoke
from vault_domain.tracks import Status
from vault_domain.training import (
    MAX_GRANT,
    DataSpec,
    Filters,
    check_grant,
    may_read,
    select,
)  # fmt: skip

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIFE = timedelta(hours=6)
JOB = numbered("svc", 1)
PURPOSES = ["internal_experiment", "product", "evaluation", "internal_demo", "artist_adapter"]


def spec_of(**changes) -> DataSpec:
    return DataSpec(**{"run_id": "run_one", "model_id": "m", "model_type": "t", "purpose": "product", **changes})


FLAGS = st.builds(ConsentFlags, **dict.fromkeys(ConsentFlags.model_fields, st.booleans()))


@st.composite
def candidates(draw):
    """A track in any state with any rights, or none."""
    number = draw(st.integers(1, 2**40))
    track = a_track(number, status=draw(st.sampled_from(list(Status))))
    if draw(st.integers(0, 9)) == 0:
        return track, None
    rights = its_rights(track, flags=draw(FLAGS))
    if draw(st.booleans()):
        rights = revoke(rights, "", NOW)
    if draw(st.integers(0, 4)) == 0:
        rights = rights.with_changes(parties=missing_party())
    return track, rights


@given(st.lists(candidates(), max_size=12, unique_by=lambda pair: pair[0].track_id), st.sampled_from(PURPOSES))
def test_only_accepted_consented_unrevoked_tracks_are_selected(pairs, purpose) -> None:
    entries, left = select(pairs, spec_of(purpose=purpose))
    by_id = {track.track_id: (track, rights) for track, rights in pairs}
    for entry in entries:
        track, rights = by_id[entry.track_id]
        assert track.status is Status.ACCEPTED
        assert not rights.revoked
        assert not rights.parties
        assert rights.flags.training_allowed
        assert getattr(rights.flags, FLAG_FOR[purpose])
        assert entry.rights_sha256 == rights.digest()
    assert [entry.track_id for entry in entries] == sorted(entry.track_id for entry in entries)
    assert {entry.track_id for entry in entries} | {one.track_id for one in left} == set(by_id)


@given(candidates(), st.sampled_from([*PURPOSES, "anything", ""]))
def test_a_read_is_refused_exactly_when_the_selection_would_leave_it_out(pair, purpose) -> None:
    track, rights = pair
    refusal = may_read(track, rights, purpose)
    if purpose in PURPOSES:
        entries, _ = select([pair], spec_of(purpose=purpose))
        assert bool(entries) == (refusal is None)
    else:
        assert refusal is not None
    if rights is not None and rights.revoked:
        assert refusal is not None
    assert may_read(None, rights, purpose) == "gone"


def test_filters() -> None:
    one, two = a_track(1), a_track(2)
    two = two.with_changes(metadata=two.metadata.model_copy(update={"genre_tags": ("jazz",), "language": "en"}))
    pairs = [(track, its_rights(track)) for track in (two, one)]

    def ids(**filters):
        return [entry.track_id for entry in select(pairs, spec_of(filters=Filters(**filters)))[0]]

    assert ids() == [one.track_id, two.track_id]
    assert ids(genres=("jazz", "polka")) == [two.track_id]
    assert ids(languages=("en",)) == [two.track_id]
    assert ids(submitted_from="2026-01-02T00:00:00Z") == []
    assert ids(submitted_until="2026-01-01T00:00:00Z") == []
    assert ids(submitted_from="2026-01-01T00:00:00Z", max_tracks=1) == [one.track_id]


@pytest.mark.parametrize("value", [1e-7, 0.12345678, 2e9, 1e300, {"a": [0.1, 1e-9]}, "x" * 20_000])
def test_hyper_parameters_that_signing_would_change_are_refused(value) -> None:
    with pytest.raises(ValidationError):
        spec_of(hyper_parameters={"value": value})
    assert spec_of(hyper_parameters={"rate": 0.0001, "text": "1e-7", "steps": 10**12, "on": True})


@pytest.mark.parametrize(
    "changes",
    [
        {"packs": ("A b",)},
        {"packs": ("pack@0",)},
        {"packs": ("pack@1", "pack@1")},
        {"packs": ("../x",)},
        {"packs": ("pack@1",), "uses": {"else": "eval_only"}},
        {"packs": ("pack@1",), "uses": {"pack@1": "anything"}},
    ],
)
def test_packs_that_can_t_be_meant_are_refused(changes) -> None:
    with pytest.raises(ValidationError):
        spec_of(**changes)


def test_a_track_whose_audio_is_not_the_listed_one_is_left_out() -> None:
    track = a_track(1)
    entries, left = select([(track, its_rights(track))], spec_of(), lists=lambda *_: False)
    assert (entries, [one.reason for one in left]) == ((), ["audio_changed"])


def test_sizes() -> None:
    with pytest.raises(Conflict):
        check_grant((), ())
    entry = select([(a_track(1), its_rights(a_track(1)))], spec_of())[0][0]
    with pytest.raises(Conflict, match="10001"):
        check_grant((entry,) * (MAX_GRANT + 1), ())


def opened(*numbers: int):
    pairs = [(a_track(number), its_rights(a_track(number))) for number in numbers]
    entries, left = select(pairs, spec_of())
    return runs.claim_run(spec_of(), JOB, entries, left, NOW, LIFE).with_changes(state="open"), entries


def claims_of(run, **changes):
    _, lease = leases.renew(run.with_changes(state="open"), leases.MAIN, None, (), Policy(), NOW)
    return {**runs.run_claims(run, lease), **changes}


def test_a_token_is_for_one_open_run_and_its_present_manifest() -> None:
    run, _ = opened(1)
    assert runs.check_token(run, claims_of(run), NOW) is run
    with pytest.raises(NotFound):
        runs.check_token(None, claims_of(run), NOW)
    with pytest.raises(NotFound):
        runs.check_token(run, claims_of(run, sub="svc_else"), NOW)
    for other, claims, now in [
        (run.with_changes(state="opening"), claims_of(run), NOW),
        (run.with_changes(state="failed"), claims_of(run), NOW),
        (run, claims_of(run, manifest="0" * 64), NOW),
        (run, claims_of(run), NOW + LIFE),
    ]:
        with pytest.raises(Expired):
            runs.check_token(other, claims, now)


@pytest.mark.parametrize(
    ("track", "rights", "refusal"),
    [
        (None, None, NotFound),
        (a_track(1), revoke(its_rights(a_track(1)), "", NOW), Revoked),
        (a_track(1, status=Status.UNDER_INVESTIGATION), its_rights(a_track(1)), PolicyRefused),
        (a_track(1), its_rights(a_track(1), parties=missing_party()), PolicyRefused),
        (a_track(1), None, PolicyRefused),
        (a_track(1, stored_sha256="0" * 64), its_rights(a_track(1)), Conflict),
    ],
)
def test_each_refusal_of_a_read_has_its_class(track, rights, refusal) -> None:
    run, entries = opened(1)
    (row,) = runs.grants(run, entries)
    with pytest.raises(refusal):
        runs.check_read(run, row, track, rights)
    with pytest.raises(NotFound):
        runs.check_read(run, None, a_track(1), its_rights(a_track(1)))
    assert runs.check_read(run, row, a_track(1), its_rights(a_track(1)))[0] is row


def test_a_renewed_manifest_is_the_same_only_for_the_same_tracks_in_time() -> None:
    run, entries = opened(1, 2)
    assert runs.reissue(run, entries, (), NOW + timedelta(hours=1), LIFE) is run
    fewer = runs.reissue(run, entries[:1], (), NOW + timedelta(hours=1), LIFE)
    later = runs.reissue(run, entries, (), NOW + LIFE, LIFE)
    assert len({run.manifest_sha256, fewer.manifest_sha256, later.manifest_sha256}) == 3
    assert fewer.tracks_granted == 2
    for state in ("opening", "completed", "failed"):
        with pytest.raises(Conflict):
            runs.reissue(run.with_changes(state=state), entries, (), NOW, LIFE)
