"""Rights: a use is allowed only while everything that allows it holds; taken back is taken back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from records import HASH, NOW, a_declaration, a_rights, a_track, an_id, later
from vault_domain.consents import ConsentAsk
from vault_domain.errors import Conflict
from vault_domain.policy import Policy
from vault_domain.revocation import keeps_fingerprints, revocation_receipt
from vault_domain.rights import (
    FLAG_FOR,
    ConsentFlags,
    Party,
    RightsRecord,
    allows,
    consent_receipt,
    flags_of,
    open_purposes,
    open_rights,
    revoke,
)
from vault_domain.training import RunTrack

flags = st.builds(ConsentFlags, **{name: st.booleans() for name in ConsentFlags.model_fields})
parties = st.lists(st.builds(Party, name=st.just("N"), holder=st.just("party:0"), consented=st.booleans()), max_size=3)


@given(flags, parties, st.booleans(), st.sampled_from(sorted(FLAG_FOR)))
def test_a_use_is_allowed_exactly_when_everything_holds(allowed, named, revoked, purpose):
    record = a_rights(flags=allowed, parties=tuple(named))
    record = revoke(record, "", NOW) if revoked else record
    holds = (
        not revoked
        and all(party.consented for party in named)
        and allowed.training_allowed
        and getattr(allowed, FLAG_FOR[purpose])
    )
    assert (allows(record, purpose) is None) is holds


@given(st.text(max_size=30).filter(lambda text: text not in FLAG_FOR))
def test_an_unknown_purpose_is_refused(purpose):
    assert allows(a_rights(), purpose) == "flag_missing"
    assert allows(None, "product") == "flag_missing"


@pytest.mark.parametrize("flaw", [
    {"revoked": True}, {"parties": (Party(name="N", holder="party:0"),)},
    {"flags": ConsentFlags(**{**dict.fromkeys(ConsentFlags.model_fields, True), "training_allowed": False})},
])  # fmt: skip
@pytest.mark.parametrize("purpose", sorted(FLAG_FOR))
def test_one_flaw_refuses_every_use(flaw, purpose):
    assert allows(a_rights(**flaw), purpose) is not None


@pytest.mark.parametrize("purpose", sorted(FLAG_FOR))
def test_each_purpose_has_a_flag_of_its_own(purpose):
    nothing = dict.fromkeys(ConsentFlags.model_fields, False) | {"training_allowed": True}
    assert open_purposes(a_rights(flags=ConsentFlags(**nothing))) == ()
    assert open_purposes(a_rights(flags=ConsentFlags(**{**nothing, FLAG_FOR[purpose]: True}))) == (purpose,)
    everything = dict.fromkeys(ConsentFlags.model_fields, True)
    others = open_purposes(a_rights(flags=ConsentFlags(**{**everything, FLAG_FOR[purpose]: False})))
    assert set(others) == set(FLAG_FOR) - {purpose}


@given(flags, st.booleans())
def test_a_record_from_before_is_read_as_its_text_said_and_never_as_product(now, by_party):
    older = now.model_dump()
    for name in ("internal_experiment_ok", "product_ok", "evaluation_ok"):
        del older[name]
    whole = dict.fromkeys(ConsentFlags.model_fields, True)
    party = {"name": "Ray", "holder": an_id("acc", 7), "consented": True, "flags": older if by_party else whole}
    stored = {**a_rights().model_dump(mode="json"), "flags": whole if by_party else older, "parties": [party]}
    record = RightsRecord.model_validate(stored)
    expected = {purpose for purpose, flag in FLAG_FOR.items() if older.get(flag, purpose != "product")}
    assert set(open_purposes(record)) == (expected if now.training_allowed else set())
    assert RightsRecord.model_validate(record.model_dump(mode="json")) == record


def test_an_ask_names_every_flag():
    older = {name: True for name in ConsentFlags.model_fields if name != "product_ok"}
    for flags in (older, {name: True for name in older if name not in ("internal_experiment_ok", "evaluation_ok")}):
        with pytest.raises(ValidationError):
            ConsentAsk(expects=1, flags=flags, accepted_terms_sha256=HASH)


def test_taking_back_keeps_what_was_allowed_on_record_and_happens_once():
    record = a_rights()
    taken = revoke(record, "Leaving", later(days=1))
    assert taken.model_dump(exclude={"revoked", "revoked_at", "revocation_reason"}) == record.model_dump(
        exclude={"revoked", "revoked_at", "revocation_reason"}
    )
    with pytest.raises(Conflict):
        revoke(taken, "Again", later(days=2))


def test_a_change_of_rights_changes_their_hash_and_a_rewrite_does_not():
    record = a_rights()
    assert record.digest() == record.with_changes(version=9).digest()
    assert record.digest() != revoke(record, "", NOW).digest()


def test_an_opened_record_is_what_was_declared():
    declared = a_declaration(internal_demo_ok=True)
    record, consent = open_rights(
        rights_id=an_id("rgt"), track_id=an_id("trk"), contributor=an_id("acc"), declared=declared,
        collaborators=("DJ Ray", "A. Rivera"), terms_sha256=HASH, now=NOW,
    )  # fmt: skip
    assert record.flags == consent.flags == flags_of(declared)
    assert [(party.holder, party.consented) for party in record.parties] == [("party:0", False), ("party:1", False)]
    assert consent.holder == record.contributor
    assert allows(record, "product") == "party_missing"


def test_the_consent_receipt_names_no_collaborator():
    said = consent_receipt(a_rights(parties=(Party(name="DJ Ray", holder="party:0"),)), "Terms")
    assert said["parties"] == ["party:0"]
    assert "DJ Ray" not in str(said)


@given(st.booleans(), st.booleans(), st.booleans())
def test_fingerprints_stay_only_by_consent_by_policy_and_of_a_track_that_was_in(by_owner, by_policy, was_in):
    record = a_rights()
    record = a_rights(flags=record.flags.model_copy(update={"keep_fingerprints_after_revocation": by_owner}))
    track = a_track(stored_sha256=HASH if was_in else None)
    policy = Policy(keep_fingerprints_after_revocation=by_policy)
    assert keeps_fingerprints(track, record, policy) is (by_owner and by_policy and was_in)
    assert not keeps_fingerprints(track, None, policy)


def row(run_id: str, model_id: str, hours: int) -> RunTrack:
    return RunTrack(
        run_id=run_id, track_id=an_id("trk"), model_id=model_id, sha256=HASH, rights_sha256=HASH,
        granted=later(hours=hours), reads=hours,
    )  # fmt: skip


@given(st.permutations([row("run_a", "m1", 1), row("run_b", "m2", 2), row("run_c", "m1", 2)]))
def test_the_revocation_receipt_does_not_depend_on_the_order_of_what_was_found(rows):
    taken = revoke(a_rights(), "Leaving", later(days=1))
    said = revocation_receipt(a_track(), taken, rows, Policy())
    assert [run["run_id"] for run in said["granted_before"]] == ["run_a", "run_b", "run_c"]
    assert said["models"] == ["m1", "m2"]
    assert "Leaving" not in str(said)


def test_there_is_no_revocation_receipt_for_living_rights():
    with pytest.raises(Conflict):
        revocation_receipt(a_track(), a_rights(), [], Policy())
