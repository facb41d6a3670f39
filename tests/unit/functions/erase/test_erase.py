"""Erasing an account: nothing that a person wrote or is called is left in any table; killed anywhere, it goes on."""

import json
import unicodedata
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from granting import a_track, its_rights, numbered
from ingesting import run
from moto import mock_aws
from simulator import NOW, Simulator, killed_everywhere
from vault_domain.accounts import Account, EmailClaim, RoleChange
from vault_domain.appeals import Appeal
from vault_domain.consents import Holding
from vault_domain.control import ControlProof, OpenControl
from vault_domain.corrections import MetadataVersion
from vault_domain.erasure import ERASED, SETTLES, Erasure
from vault_domain.erasure_turns import Turn
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.evidence import Original
from vault_domain.flags import Flag
from vault_domain.holds import Hold
from vault_domain.infringement import Claim, ClaimState
from vault_domain.messages import Preferences, Topic, message
from vault_domain.ports import Put, Records
from vault_domain.records import Record
from vault_domain.review import ReviewQuestion
from vault_domain.rights import Party, RightsRecord
from vault_domain.sealing import word_hash
from vault_domain.submission import Metadata
from vault_domain.tracks import Status, Track
from vault_domain.uploads import Upload
from vault_store.dynamo import DynamoRecords
from vault_store.dynamo_wire import schema
from wire import body_of, event, token

REGION = "eu-central-1"
EMAIL, PASSWORD = "quill@example.org", "a long enough p\u00e4ssphrase"
SAID = "quillword"
"""Part of everything personal; after the erasure it stands nowhere."""
OTHER = numbered("acc", 99)
CLAIM = numbered("clm", 1)


def every_table() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    kinds = list(Record.__subclasses__())
    for kind in kinds:
        found.setdefault(kind.table, set()).update(kind.index_names)
    return found


class World:
    """One vault on one kind of store, with somebody who left words everywhere."""

    def __init__(self, load: Callable[[str], Any], sim: Simulator, records: Records, dump: Callable[[], str]) -> None:
        self.sim, self.records, self.dump = sim, records, dump
        self.deps = sim.container(records=records)
        self.accounts = load("accounts")
        self.accounts.app.bind(self.deps)
        self.account_id = self._register()

    def _register(self) -> str:
        ask = {"email": EMAIL, "password": PASSWORD, "display_name": f"Nova {SAID}", "affirms_authority": True}
        made = self.accounts.handler(event("POST", "/accounts", body=ask), None)
        assert made["statusCode"] == 201, made["body"]
        return str(body_of(made)["account_id"])

    def erase(self, tracks: str, password: str = PASSWORD) -> dict[str, Any]:
        bearer = token(self.sim, "contributor", subject=self.account_id)
        ask = event("POST", "/accounts/me/erasure", body={"tracks": tracks, "password": password}, bearer=bearer)
        return self.accounts.handler(ask, None)

    def passes(self, **later: float) -> dict[str, Any]:
        self.sim.clock.advance(**later)
        return run("erase", self.sim.container(records=self.records))


def with_words(world: World) -> World:
    """Tracks, uploads, appeals, answers, proofs, messages and flags of this account; one track of somebody else."""
    who, put = world.account_id, []
    song = Metadata(
        title=f"{SAID} I", artist_display_name=f"Nova {SAID}", collaborator_names=("Ada Else",), is_collaboration=True,
        genre_tags=("folk",),
    )  # fmt: skip
    states = (Status.ACCEPTED, Status.REJECTED_FINAL, Status.PENDING_REVIEW)
    for number, status in enumerate(states, 1):
        track = a_track(number, owner=who, metadata=song, status=status, ask_sha256="a" * 64)
        joined = Party(name="Ada Else", holder=OTHER, consented=True, flags=its_rights(track).flags)
        upload = Upload(
            upload_id=track.upload_id, owner=who, filename=f"{SAID}.wav", declared_bytes=5000, created=NOW, changed=NOW,
            track_id=track.track_id,
        )  # fmt: skip
        put += [track, its_rights(track, parties=(joined,)), upload]
        put += [MetadataVersion(track_id=track.track_id, number=1, metadata=song, reason=SAID, at=NOW)]
    first = numbered("trk", 1)
    put.append(Original(audio_sha256=a_track(1).audio_sha256, track_id=first, since=NOW))
    put.append(Appeal(track_id=numbered("trk", 2), step=3, owner=who, reason=f"{SAID} and more words", answered=NOW,
                      filed=NOW, answer=f"dear {SAID}"))  # fmt: skip
    put.append(ReviewQuestion(track_id=numbered("trk", 3), number=1, asked_by=OTHER, question="whose?", asked=NOW,
                              answer=f"mine, {SAID}", answered=NOW))  # fmt: skip
    control = numbered("ctl", 1)
    put.append(ControlProof(control_id=control, account_id=who, artist=SAID, release=f"https://{SAID}.example",
                            code="LEMM-0000-1111-2222", opened=NOW, expires=NOW))  # fmt: skip
    put += [OpenControl(control_id=control, account_id=who, expires=NOW), Preferences(account_id=who)]
    put.append(message(who, Topic.RUN_ALARM, "run_one", NOW, why=SAID))
    put.append(Flag(track_id=numbered("trk", 50), by=who, about="other", words=f"{SAID} is better", at=NOW))
    theirs = a_track(50, owner=OTHER)
    held = Party(name=f"Nova {SAID}", holder=who, consented=True, flags=its_rights(theirs).flags)
    put += [theirs, its_rights(theirs, parties=(held,)), Holding(account_id=who, track_id=theirs.track_id, since=NOW)]
    put.append(RoleChange(account_id=who, before="reviewer", after="contributor", by=OTHER, reason=f"{SAID} left",
                          salt="slt_1", at=NOW))  # fmt: skip
    hashed = word_hash("slt_1", f"{SAID} left")
    told = [
        make_event(world.sim.new_id("evt"), Kind.ROLE_CHANGED, who, Actor(id=OTHER, role="admin"), NOW,
                   reason_hash=hashed),
        make_event(world.sim.new_id("evt"), Kind.TRACK_FLAGGED, numbered("trk", 50),
                   Actor(id=who, role="contributor"), NOW, about="other"),
    ]  # fmt: skip
    world.records.commit([Put(one, 0) for one in put], told)
    return world


@pytest.fixture(params=["memory", "dynamo"])
def world(request: pytest.FixtureRequest, load_step: Callable[[str], Any]) -> Iterator[World]:
    sim = Simulator()
    if request.param == "memory":
        yield with_words(World(load_step, sim, sim.records, lambda: repr(sim.store.dump())))
        return
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        tables = every_table()
        for name, indexes in tables.items():
            wanted = {part: value for part, value in schema(name, sorted(indexes)).items() if value}
            client.create_table(**wanted, BillingMode="PAY_PER_REQUEST")
        records = DynamoRecords({name: name for name in tables}, region=REGION)
        sim.store = records  # type: ignore[assignment]  # where tokens' keys are published

        def dump() -> str:
            return json.dumps([client.scan(TableName=name)["Items"] for name in tables])

        yield with_words(World(load_step, sim, records, dump))


@pytest.mark.parametrize("wish", ["revoke", "keep"])
def test_nothing_personal_is_left_and_the_logs_hash_leads_nowhere(world: World, wish: str):
    assert SAID in world.dump()
    answer = world.erase(wish)
    assert (answer["statusCode"], body_of(answer)["under_way"]) == (202, True)
    assert EMAIL not in world.dump()
    assert world.passes(minutes=1) == {"under_way": 1, "ended": 0}
    assert world.passes(seconds=SETTLES.total_seconds()) == {"under_way": 1, "ended": 1}
    left = world.dump()
    assert SAID not in left
    assert "slt_1" not in left
    assert word_hash("slt_1", f"{SAID} left") in left
    account = world.records.get(Account, world.account_id)
    assert (account.display_name, account.email, account.password_hash) == (ERASED, None, None)
    (told,) = [
        one for one in world.records.find(AuditEvent, "by_subject", world.account_id).items
        if one.event is Kind.ACCOUNT_ERASED
    ]  # fmt: skip
    assert told.data == {"tracks": wish}
    again = world.erase(wish)
    assert (again["statusCode"], body_of(again)["under_way"]) == (202, False)
    assert world.passes() == {"under_way": 0, "ended": 0}


def test_tracks_are_taken_back_as_the_person_chose(world: World):
    world.erase("revoke")
    world.passes()
    tracks = {number: world.records.get(Track, numbered("trk", number)) for number in (1, 2, 3, 50)}
    assert [one.status for one in tracks.values()] == [
        Status.REMOVED, Status.REJECTED_FINAL, Status.REMOVED, Status.ACCEPTED,
    ]  # fmt: skip
    rights = world.records.get(RightsRecord, numbered("trk", 1))
    assert (rights.revoked, [party.name for party in rights.parties]) == (True, [ERASED])
    assert world.records.get(Original, a_track(1).audio_sha256) is None
    assert tracks[1].metadata.collaborator_names == ()


def test_tracks_that_go_on_keep_their_consent_and_other_holders(world: World):
    before = world.records.get(RightsRecord, numbered("trk", 1))
    world.erase("keep")
    world.passes()
    track, rights = world.records.get(Track, numbered("trk", 1)), world.records.get(RightsRecord, numbered("trk", 1))
    assert (track.status, track.metadata.title, track.metadata.artist_display_name) == (Status.ACCEPTED, ERASED, ERASED)
    assert rights.digest() == before.digest()
    assert track.metadata.collaborator_names == ("Ada Else",)


def test_the_way_in_is_closed_and_the_address_is_free(world: World):
    assert world.erase("keep", password="not the password")["statusCode"] == 403
    assert world.records.get(Account, world.account_id).erased is None
    answers = [world.erase("keep", password="not it either")["statusCode"] for _ in range(12)]
    assert (answers[0], answers[-1]) == (403, 429)
    world.sim.clock.advance(hours=1)
    world.erase("keep")
    login = event("POST", "/accounts/login", body={"email": EMAIL, "password": PASSWORD})
    assert world.accounts.handler(login, None)["statusCode"] == 401
    bearer = token(world.sim, "contributor", subject=world.account_id)
    assert world.accounts.handler(event("POST", "/accounts/renew", bearer=bearer), None)["statusCode"] == 401
    assert world._register() != world.account_id


def test_the_password_may_be_typed_as_another_keyboard_types_it(world: World):
    assert world.erase("keep", password=unicodedata.normalize("NFD", PASSWORD))["statusCode"] == 202


def test_nothing_is_written_on_an_erased_account(world: World):
    bearer = token(world.sim, "contributor", subject=world.account_id)
    world.erase("keep")
    named = world.accounts.handler(
        event("POST", "/accounts/me/payout", body={"payout_name": SAID}, bearer=bearer), None
    )
    chosen = {"role": "reviewer", "reason": f"{SAID} knows the genre"}
    path, admin = f"/accounts/{world.account_id}/role", token(world.sim, "admin", subject=OTHER)
    raised = world.accounts.handler(event("POST", path, body=chosen, bearer=admin), None)
    assert (named["statusCode"], raised["statusCode"]) == (409, 409)
    world.passes(hours=1)
    assert SAID not in world.dump()


def test_who_holds_a_role_gives_it_up_first(world: World):
    account = world.records.get(Account, world.account_id)
    world.records.commit([Put(account.with_changes(role="reviewer"), account.version)])
    assert world.erase("keep")["statusCode"] == 409


def under_claim(world: World) -> None:
    """A confirmed claim locks the first track."""
    track = world.records.get(Track, numbered("trk", 1))
    claim = Claim(
        claim_id=CLAIM, state=ClaimState.CONFIRMED, track_id=track.track_id, locks=True, source="b" * 64,
        capacity="rights_holder", token_sha256="c" * 64, filed=NOW, confirmed=NOW, due=NOW + timedelta(days=9),
        answer=f"{SAID} never heard of it", answered=NOW,
    )  # fmt: skip
    answered = make_event(
        world.sim.new_id("evt"), Kind.CLAIM_ANSWERED, track.track_id, Actor(id=world.account_id, role="contributor"),
        NOW, claim_id=CLAIM,
    )  # fmt: skip
    locked = track.with_changes(status=Status.UNDER_INVESTIGATION)
    hold = Hold(track_id=track.track_id, claims=(CLAIM,))
    world.records.commit([Put(locked, track.version), Put(claim, 0), Put(hold, 0)], [answered])


def test_a_claim_on_a_track_is_decided_first(world: World):
    world.erase("keep")
    under_claim(world)
    assert world.passes(hours=1) == {"under_way": 1, "ended": 0}
    held, claim = world.records.get(Track, numbered("trk", 1)), world.records.get(Claim, CLAIM)
    assert SAID in (claim.answer or "")
    assert (held.status, SAID in held.metadata.title) == (Status.UNDER_INVESTIGATION, True)
    ended = claim.with_changes(state=ClaimState.KEPT, locks=False, ended=NOW)
    world.records.commit([Put(held.with_changes(status=Status.ACCEPTED), held.version), Put(ended, claim.version)])
    assert world.passes() == {"under_way": 1, "ended": 1}
    assert SAID not in world.dump()


def test_a_track_under_a_claim_is_taken_back_at_once_and_loses_its_names_when_the_claim_has_ended(world: World):
    world.erase("revoke")
    under_claim(world)
    assert world.passes(hours=1) == {"under_way": 1, "ended": 0}
    track, rights = world.records.get(Track, numbered("trk", 1)), world.records.get(RightsRecord, numbered("trk", 1))
    assert (track.status, rights.revoked, SAID in track.metadata.title) == (Status.REMOVED, True, True)
    run("sweep", world.sim.container(records=world.records))
    assert world.records.get(Claim, CLAIM).state is ClaimState.MOOT
    assert world.passes() == {"under_way": 1, "ended": 1}
    assert SAID not in world.dump()


def test_neither_a_page_nor_one_that_breaks_keeps_other_erasures_from_ending(load_step, monkeypatch, capsys):
    sim, many = Simulator(), 205
    rows = [Erasure(account_id=numbered("acc", n), tracks="keep", asked=NOW - SETTLES) for n in range(1, many + 1)]
    for row in rows:
        sim.store.commit([Put(row, 0)])
    step = load_step("erase")
    strip = step.ACTS["uploads"]

    def broken(erasure: Erasure, *given: Any) -> Any:
        if erasure == rows[2].with_changes(version=1):
            raise ValueError(f"{SAID}.wav")
        return strip(erasure, *given)

    monkeypatch.setitem(step.ACTS, "uploads", broken)
    step.app.bind(sim.container())
    assert step.app.run_step({}, "test") == {"under_way": many, "ended": many - 1}
    assert [one.account_id for one in sim.store.everything(Erasure)] == [rows[2].account_id]
    told = capsys.readouterr().out
    assert rows[2].account_id in told
    assert SAID not in told


class Slow:
    """Records of which each request takes its time, and which count the tracks that are read."""

    def __init__(self, sim: Simulator, seconds: float = 0.2) -> None:
        self.sim, self.seconds, self.tracks = sim, seconds, 0

    def __getattr__(self, name: str) -> Any:
        def late(*given: Any, **named: Any) -> Any:
            self.sim.clock.advance(seconds=self.seconds)
            self.tracks += name == "get" and given[0] is Track
            return getattr(self.sim.records, name)(*given, **named)

        return late


def leaves(sim: Simulator, number: int, tracks: range, asked: Any = NOW) -> Erasure:
    """An erasure of somebody with these tracks."""
    row = Erasure(account_id=numbered("acc", number), tracks="keep", asked=asked)
    song = Metadata(title=SAID, artist_display_name=SAID, genre_tags=("folk",))
    for n in tracks:
        track = a_track(n, owner=row.account_id, metadata=song)
        sim.store.commit([Put(track, 0), Put(its_rights(track), 0)])
    sim.store.commit([Put(row, 0)])
    return row


def named_tracks(sim: Simulator, owner: str) -> int:
    return sum(SAID in one.metadata.title for one in sim.store.everything(Track) if one.owner == owner)


def test_large_erasures_take_turns_and_the_next_run_goes_on_where_this_one_ended():
    sim = Simulator()
    large = [leaves(sim, 1, range(1, 131)), leaves(sim, 2, range(201, 331))]
    small = leaves(sim, 3, range(401, 402), NOW + timedelta(seconds=1))
    left = []
    for _ in range(3):
        began = sim.clock()
        run("erase", sim.container(records=Slow(sim)))
        assert sim.clock() - began < timedelta(seconds=240 + 75)
        left.append([named_tracks(sim, one.account_id) for one in (*large, small)])
        sim.clock.advance(seconds=60)
    assert left[0][2] == 0
    assert all(0 < one < 130 for one in left[0][:2])
    assert left[2] == [0, 0, 0]
    sim.clock.advance(hours=1)
    for _ in range(4):
        run("erase", sim.container(records=Slow(sim)))
    assert sim.store.everything(Erasure) == sim.store.everything(Turn) == ()


def test_bare_tracks_are_left_out_but_for_one_pass_once_nothing_can_come():
    sim, counted = Simulator(), []
    row = leaves(sim, 1, range(1, 61))
    for minutes in (1, 5, 30):
        records = Slow(sim, 0)
        sim.clock.advance(minutes=minutes)
        run("erase", sim.container(records=records))
        counted.append(records.tracks)
    assert (counted, named_tracks(sim, row.account_id)) == ([60, 0, 60], 0)
    assert sim.store.everything(Erasure) == ()


def test_a_kept_place_that_the_listing_does_not_know_is_left_for_its_start():
    sim = Simulator()
    row = leaves(sim, 1, range(1, 3))
    sim.store.commit([Put(Turn(account_id=row.account_id, began=NOW, passing=True, cursor="of another index"), 0)])
    run("erase", sim.container())
    assert named_tracks(sim, row.account_id) == 0


def test_killed_anywhere_the_next_pass_goes_on(load_step):
    def make():
        sim = Simulator()
        world = with_words(World(load_step, sim, sim.records, lambda: ""))
        world.erase("revoke")
        sim.clock.advance(hours=1)
        return sim, lambda deps: run("erase", deps)

    for label, sim in killed_everywhere(make):
        assert SAID not in repr(sim.store.dump()), label
        assert sim.store.everything(Erasure) == (), label
        taken = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.TRACK_REVOKED]
        assert len(taken) == 2, label
        assert sim.store.everything(EmailClaim) == sim.store.everything(ControlProof) == (), label
