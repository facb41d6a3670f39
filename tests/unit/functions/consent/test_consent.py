"""consent: versions stay, the newest counts at the next read, and everybody speaks for themselves."""

import pytest
from claiming import Postbox
from ingesting import OWNER, STRANGER, admitted, an_upload, main_of, run, submitted
from killing import ends_the_same
from reviewing import ANNA
from simulator import Simulator, killed_everywhere
from vault_domain.consents import AcceptAsk, ConsentAsk, Invitation, InviteAsk, LookAsk, token_name
from vault_domain.errors import Conflict, NotFound, TermsOutdated, TooMany, Unavailable
from vault_domain.events import AuditEvent
from vault_domain.letters import Letter, work
from vault_domain.messages import Message, Topic
from vault_domain.policy import Policy
from vault_domain.ports import Put
from vault_domain.rights import Consent, RevokeAsk, RightsRecord, allows
from vault_edge.caller import Caller
from vault_edge.texts import PRESENT, contribution_terms
from vault_store.dsse import open_sealed

TERMS = contribution_terms().sha256
RAY = STRANGER


def main():
    return main_of("consent")


def rights_of(sim: Simulator, track_id: str) -> RightsRecord:
    found = sim.store.get(RightsRecord, track_id)
    assert found is not None
    return found


def change(sim: Simulator, track_id: str, caller: Caller = OWNER, terms: str = TERMS, deps=None, expects=None, **flags):
    present = rights_of(sim, track_id)
    asked = ConsentAsk(
        expects=expects or present.consent_version,
        flags=present.flags.model_copy(update=flags),
        accepted_terms_sha256=terms,
    )
    return main().change(track_id, asked, caller, deps or sim.container())


def together(sim: Simulator) -> str:
    return submitted(sim, an_upload(sim), is_collaboration=True, collaborator_names=["DJ Ray"])


def invited(sim: Simulator, track_id: str, email: str = "ray@example.org", deps=None, holder: str = "party:0"):
    return main().ask_holder(track_id, InviteAsk(holder=holder, email=email), OWNER, deps or sim.container())


def letters(sim: Simulator) -> list[Letter]:
    """What the mail hands over now."""
    post = Postbox()
    run("notify", sim.container(mailer=post))
    return [one for one in post.letters if "/#/invitation?token=" in one.text]


def token_of(sim: Simulator) -> str:
    newest = sim.store.everything(Invitation)[-1]
    return sim.container().salted(token_name(newest.invitation_id))


def accept(sim: Simulator, caller: Caller = RAY, terms: str = TERMS, token: str | None = None, deps=None, **flags):
    (track_id,) = {one.track_id for one in sim.store.everything(Invitation)}
    given = rights_of(sim, track_id).flags.model_copy(update=flags)
    asked = AcceptAsk(token=token or token_of(sim), flags=given, accepted_terms_sha256=terms)
    return main().accept(asked, caller, deps or sim.container())


def statement(sim: Simulator, answer) -> dict:
    signer = sim.signer("receipt")
    return open_sealed(answer.receipt, "consent-receipt", {signer.key_id: signer.public_key()})


# --- changing -------------------------------------------------------------------


def test_a_new_version_leaves_the_old_one_and_gives_a_new_receipt(sim: Simulator):
    _, track_id = admitted(sim, allow_per_artist_adapters=True)
    answer = change(sim, track_id, allow_per_artist_adapters=False)
    assert (answer.narrowed, answer.widened) == (["allow_per_artist_adapters"], [])
    versions = sim.store.list(Consent, track_id).items
    assert [(one.consent_version, one.flags.allow_per_artist_adapters) for one in versions] == [(1, True), (2, False)]
    said = statement(sim, answer)
    assert (said["consent_version"], said["flags"]["allow_per_artist_adapters"]) == (2, False)
    assert allows(rights_of(sim, track_id), "artist_adapter") == "flag_missing"
    assert allows(rights_of(sim, track_id), "product") is None
    assert "rights.consent_changed" in {one.event.value for one in sim.store.everything(AuditEvent)}


def test_the_same_change_twice_is_one_version(sim: Simulator):
    _, track_id = admitted(sim)
    first = change(sim, track_id, internal_demo_ok=True, expects=1)
    again = change(sim, track_id, internal_demo_ok=True, expects=1)
    assert first.receipt == again.receipt
    assert len(sim.store.list(Consent, track_id).items) == 2


def test_widening_under_an_older_text_is_refused_and_narrowing_is_not(sim: Simulator):
    _, track_id = admitted(sim, internal_demo_ok=True)
    rights = rights_of(sim, track_id)
    older = contribution_terms(1).sha256
    sim.store.commit([Put(rights.with_changes(terms_sha256=older), rights.version)])
    with pytest.raises(TermsOutdated):
        change(sim, track_id, terms=older, allow_per_artist_adapters=True)
    assert change(sim, track_id, terms=older, internal_demo_ok=False).terms_number == 1
    assert change(sim, track_id, allow_per_artist_adapters=True).terms_number == PRESENT


def test_somebody_elses_consent_is_not_there(sim: Simulator):
    _, track_id = admitted(sim)
    for caller in (STRANGER, ANNA):
        with pytest.raises(NotFound):
            change(sim, track_id, caller, internal_demo_ok=True)
    with pytest.raises(NotFound):
        main().show(track_id, STRANGER, sim.container())
    assert main().show(track_id, ANNA, sim.container()).consent_version == 1


def test_taken_back_it_stays_so(sim: Simulator):
    _, track_id = admitted(sim)
    main_of("revoke").take_back(track_id, RevokeAsk(), OWNER, sim.container())
    with pytest.raises(Conflict):
        change(sim, track_id, internal_demo_ok=True)


def test_a_change_may_be_killed_anywhere():
    def world():
        sim = Simulator()
        _, track_id = admitted(sim)
        return sim, lambda deps: change(sim, track_id, deps=deps, expects=1, internal_demo_ok=True)

    assert ends_the_same(world) >= 2


# --- others who hold rights -------------------------------------------------------


def test_an_invited_holder_consents_for_themselves(sim: Simulator):
    track_id = together(sim)
    assert allows(rights_of(sim, track_id), "product") == "party_missing"
    assert invited(sim, track_id).invitations == 1
    seen = main().look(LookAsk(token=token_of(sim)), sim.container())
    assert (seen.named, seen.track_id) == ("DJ Ray", track_id)
    answer = accept(sim)
    assert allows(rights_of(sim, track_id), "product") is None
    assert (statement(sim, answer)["holder"], statement(sim, answer)["consent_version"]) == (RAY.id, 2)
    assert [one.track_id for one in main().mine(main().Page(), RAY, sim.container()).tracks] == [track_id]
    shown = main().show(track_id, RAY, sim.container())
    assert (shown.awaiting, [one.holder for one in shown.holders]) == ([], [OWNER.id, RAY.id])
    assert shown.open_for == ["internal_experiment", "product", "evaluation"]


def test_whoever_joined_can_end_the_use_of_the_whole_track(sim: Simulator):
    track_id = together(sim)
    invited(sim, track_id)
    accept(sim)
    answer = change(sim, track_id, RAY, training_allowed=False)
    assert answer.narrowed == ["training_allowed"]
    assert allows(rights_of(sim, track_id), "product") == "flag_missing"
    assert main().show(track_id, OWNER, sim.container()).open_for == []


def test_accepting_twice_is_once_and_nobody_else_gets_in(sim: Simulator):
    track_id = together(sim)
    invited(sim, track_id)
    token = token_of(sim)
    first = accept(sim, token=token)
    assert accept(sim, token=token).receipt == first.receipt
    with pytest.raises(Conflict):
        accept(sim, ANNA, token=token)
    assert len(sim.store.list(Consent, track_id).items) == 2


def test_the_contributor_cant_use_the_letter(sim: Simulator):
    invited(sim, together(sim))
    with pytest.raises(Conflict):
        accept(sim, OWNER)


def test_a_newer_letter_closes_the_older_one(sim: Simulator):
    track_id = together(sim)
    invited(sim, track_id)
    old = token_of(sim)
    invited(sim, track_id, "ray@example.com")
    with pytest.raises(NotFound):
        accept(sim, token=old)
    assert len(sim.store.everything(Invitation)) == 1
    accept(sim)


def test_asking_again_at_once_sends_no_second_letter(sim: Simulator):
    track_id = together(sim)
    invited(sim, track_id)
    before = sim.dump()
    assert invited(sim, track_id).invitations == 1
    assert sim.dump() == before


def test_neither_token_nor_address_is_in_the_log_and_no_address_stays(sim: Simulator):
    invited(sim, together(sim))
    token = token_of(sim)
    accept(sim)
    told = "".join(event.model_dump_json() for event in sim.store.everything(AuditEvent))
    assert "example.org" not in told
    stored = str(sim.dump())
    assert token not in stored
    assert "ray@example.org" not in stored


def test_an_invited_person_gets_one_letter_with_a_link_and_needs_no_account(sim: Simulator):
    track_id = together(sim)
    invited(sim, track_id)
    (letter,) = letters(sim)
    assert (letter.to, letters(sim)) == ("ray@example.org", [])
    assert "“Glass City” by Nova Arc" in letter.text
    link = letter.text.strip().rpartition("\n")[2]
    assert link.startswith("https://lemm.test/#/invitation?token=")
    assert main().look(LookAsk(token=link.rpartition("=")[2]), sim.container()).track_id == track_id


def test_a_letter_that_was_replaced_or_answered_is_not_sent(sim: Simulator):
    track_id = together(sim)
    invited(sim, track_id)
    invited(sim, track_id, "ray@example.com")
    assert [one.to for one in letters(sim)] == ["ray@example.com"]
    other = Simulator()
    invited(other, together(other))
    accept(other)
    assert letters(other) == []


def test_a_name_that_carries_a_link_stays_out_of_the_letter():
    assert work("Win at evil.example", "Nova") == "a piece of music"
    assert work("Mr. Blue", "The 3rd. Act") == "“Mr. Blue” by The 3rd. Act"


def test_without_mail_nobody_is_invited_in_silence(sim: Simulator):
    track_id = together(sim)
    del sim.environ["MAIL_CONFIGURED"]
    before = sim.dump()
    with pytest.raises(Unavailable):
        invited(sim, track_id)
    assert sim.dump() == before


def test_letters_are_bounded_for_whoever_asks_and_for_whoever_gets_them(sim: Simulator):
    for _ in range(main().LETTERS_TO_ONE):
        invited(sim, together(sim))
    with pytest.raises(TooMany):
        invited(sim, together(sim))
    for number in range(Policy().invitations_per_day - main().LETTERS_TO_ONE - 1):
        invited(sim, together(sim), f"ann{number}@example.org")
    with pytest.raises(TooMany):
        invited(sim, together(sim), "ann@example.org")


def test_the_contributor_hears_of_consents_and_of_what_ends(sim: Simulator):
    track_id = together(sim)
    invited(sim, track_id)
    accept(sim)
    change(sim, track_id, RAY, training_allowed=False)
    change(sim, track_id, OWNER, internal_demo_ok=False)
    told = [one.topic for one in sim.store.everything(Message) if one.recipient == OWNER.id and one.about == track_id]
    assert (told.count(Topic.JOINED), told.count(Topic.NARROWED)) == (1, 1)


def test_only_the_contributor_invites(sim: Simulator):
    track_id = together(sim)
    for caller in (STRANGER, ANNA):
        with pytest.raises(NotFound):
            main().ask_holder(track_id, InviteAsk(holder="party:0", email="a@example.org"), caller, sim.container())


def test_joining_may_be_killed_anywhere():
    def world():
        sim = Simulator()
        track_id = together(sim)
        invited(sim, track_id)
        token = token_of(sim)
        return sim, lambda deps: accept(sim, token=token, deps=deps)

    assert ends_the_same(world) >= 2


def test_inviting_may_be_killed_anywhere_and_leaves_one_good_letter():
    def world():
        sim = Simulator()
        track_id = together(sim)
        return sim, lambda deps: invited(sim, track_id, deps=deps)

    for label, sim in killed_everywhere(world):
        assert len(sim.store.everything(Invitation)) == 1, label
        accept(sim)
