"""Consent over time: what narrows ends, what widens needs the present text, and nobody consents for another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import HASH, NOW, a_rights, an_id, later
from vault_domain.consents import (
    INVITATION_LIFE,
    MOST_INVITATIONS,
    AcceptAsk,
    ConsentAsk,
    InviteAsk,
    Invited,
    change_consent,
    held_by,
    invite,
    is_same_letter,
    join,
    narrowed,
    opened,
    widened,
)
from vault_domain.errors import Conflict, Expired, NotFound, TermsOutdated, TooMany
from vault_domain.rights import FLAG_FOR, ConsentFlags, Party, RightsRecord, allows, effective_flags, revoke

PRESENT = "b" * 64
TOKEN = "c" * 64
OWNER, RAY = an_id("acc"), an_id("acc", 7)
FLAGS = st.builds(ConsentFlags, **dict.fromkeys(ConsentFlags.model_fields, st.booleans()))
TERMS = st.sampled_from([HASH, PRESENT, "d" * 64])


def joined(**changes) -> RightsRecord:
    party = Party(
        name="Ray", holder=RAY, consented=True, flags=a_rights().flags, terms_sha256=HASH, given=NOW,
    )  # fmt: skip
    return a_rights(parties=(party,), **changes)


def awaited() -> RightsRecord:
    return a_rights(parties=(Party(name="Ray", holder="party:0"),))


def ask(flags: ConsentFlags, terms: str = PRESENT, expects: int = 1) -> ConsentAsk:
    return ConsentAsk(expects=expects, flags=flags, accepted_terms_sha256=terms)


@given(FLAGS, FLAGS, TERMS, st.sampled_from([OWNER, RAY]))
def test_a_change_is_a_new_version_under_a_text_that_does(before, after, terms, who):
    rights = joined(flags=before)
    held, accepted, _ = held_by(rights, who)
    same = (held, accepted) == (after, terms)
    does = same or terms == PRESENT or (terms == accepted and not widened(held, after))
    if not does:
        with pytest.raises(TermsOutdated):
            change_consent(rights, who, ask(after, terms), PRESENT, later(hours=1))
        return
    made = change_consent(rights, who, ask(after, terms), PRESENT, later(hours=1))
    if same:
        assert made is None
        return
    changed, consent = made
    assert (changed.consent_version, consent.consent_version, consent.holder) == (2, 2, who)
    assert held_by(changed, who) == (after, terms, later(hours=1))
    other = RAY if who == OWNER else OWNER
    assert held_by(changed, other) == held_by(rights, other)
    assert changed.digest() != rights.digest()


@given(FLAGS, FLAGS, st.sampled_from([OWNER, RAY]), st.sampled_from(sorted(FLAG_FOR)))
def test_what_anybody_turns_off_is_off_for_all(before, after, who, purpose):
    rights = joined(flags=before)
    made = change_consent(rights, who, ask(after), PRESENT, NOW)
    assert made is not None
    together = effective_flags(made[0])
    for name in ConsentFlags.model_fields:
        assert getattr(together, name) <= getattr(after, name)
    if not after.training_allowed or not getattr(after, FLAG_FOR[purpose]):
        assert allows(made[0], purpose) == "flag_missing"


@given(FLAGS, FLAGS)
def test_narrowing_and_widening_are_each_others_mirror(one, other):
    assert narrowed(one, other) == widened(other, one)
    assert not set(narrowed(one, other)) & set(widened(one, other))
    assert (narrowed(one, other) == () and widened(one, other) == ()) == (one == other)


def test_a_stranger_has_nothing_to_change():
    with pytest.raises(NotFound):
        change_consent(joined(), an_id("acc", 9), ask(a_rights().flags), PRESENT, NOW)


def test_a_change_made_from_an_older_version_is_refused():
    flags = a_rights().flags.model_copy(update={"internal_demo_ok": True})
    with pytest.raises(Conflict):
        change_consent(joined(consent_version=2), OWNER, ask(flags), PRESENT, NOW)


def test_nothing_changes_after_a_revocation():
    flags = a_rights().flags.model_copy(update={"internal_demo_ok": True})
    with pytest.raises(Conflict):
        change_consent(revoke(joined(), "", NOW), OWNER, ask(flags), PRESENT, NOW)


# --- invitations ----------------------------------------------------------------


def letter(rights: RightsRecord, before: Invited | None = None, holder: str = "party:0", now=NOW):
    asked = InviteAsk(holder=holder, email="ray@example.org")
    return invite(rights, before, asked, an_id("inv"), TOKEN, HASH, now)


def accepting(flags: ConsentFlags | None = None, terms: str = PRESENT) -> AcceptAsk:
    return AcceptAsk(token=TOKEN, flags=flags or a_rights().flags, accepted_terms_sha256=terms)


def test_the_token_itself_is_on_no_record():
    invitation, invited = letter(awaited())
    assert TOKEN not in invitation.model_dump_json() + invited.model_dump_json() + str(invitation.key())


def test_a_track_is_trainable_once_everybody_joined():
    assert allows(awaited(), "product") == "party_missing"
    rights, consent = join(awaited(), "party:0", RAY, accepting(), PRESENT, NOW)
    assert allows(rights, "product") is None
    assert (consent.holder, rights.consent_version) == (RAY, 2)


@pytest.mark.parametrize("flags", [{"training_allowed": False}, {"allow_per_artist_adapters": False}])
def test_who_joins_allows_no_more_than_they_say(flags):
    wide = ConsentFlags(**dict.fromkeys(ConsentFlags.model_fields, True))
    rights, _ = join(awaited().with_changes(flags=wide), "party:0", RAY,
                     accepting(wide.model_copy(update=flags)), PRESENT, NOW)  # fmt: skip
    assert allows(rights, "artist_adapter") == "flag_missing"


def test_the_contributor_cant_consent_in_anothers_name():
    with pytest.raises(Conflict):
        join(awaited(), "party:0", OWNER, accepting(), PRESENT, NOW)


def test_a_place_is_taken_once():
    rights, _ = join(awaited(), "party:0", RAY, accepting(), PRESENT, NOW)
    with pytest.raises(Conflict):
        join(rights, "party:0", an_id("acc", 8), accepting(), PRESENT, NOW)


def test_joining_is_under_the_present_text_only():
    with pytest.raises(TermsOutdated):
        join(awaited(), "party:0", RAY, accepting(terms=HASH), PRESENT, NOW)


def test_a_newer_letter_replaces_an_older_one():
    first, noted = letter(awaited())
    second = noted.with_changes(token_sha256="e" * 64, count=2)
    with pytest.raises(NotFound):
        opened(first, second, awaited(), NOW)
    assert opened(first, noted, awaited(), NOW) == (first, awaited())


def test_a_letter_opens_nothing_when_it_is_too_old_or_the_track_is_gone():
    invitation, noted = letter(awaited())
    with pytest.raises(Expired):
        opened(invitation, noted, awaited(), NOW + INVITATION_LIFE)
    with pytest.raises(Conflict):
        opened(invitation, noted, revoke(awaited(), "", NOW), NOW)
    with pytest.raises(NotFound):
        opened(None, noted, awaited(), NOW)


def test_letters_are_bounded_and_go_to_named_holders_only():
    _, noted = letter(awaited())
    with pytest.raises(TooMany):
        letter(awaited(), noted.with_changes(count=MOST_INVITATIONS))
    with pytest.raises(NotFound):
        letter(awaited(), holder="party:1")
    with pytest.raises(NotFound):
        letter(joined())
    with pytest.raises(Conflict):
        letter(revoke(awaited(), "", NOW))


def test_a_repeated_ask_is_the_same_letter_for_a_while():
    _, noted = letter(awaited())
    assert is_same_letter(noted, HASH, later(minutes=9))
    assert not is_same_letter(noted, HASH, later(minutes=11))
    assert not is_same_letter(noted, PRESENT, NOW)
    assert not is_same_letter(None, HASH, NOW)
