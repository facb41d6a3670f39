"""The whole vault, killed with -9 under load and started again: nothing acknowledged is lost, nothing is doubled.

Four kinds of callers work at once, each notes what it was told and stops when
the vault dies under it. What was in flight may be there or not, as a whole.
"""

import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ingesting import sound
from lemm.client import Api, ApiProblem
from lemm.demo.people import METADATA, RIGHTS
from lemm.installation import Installation
from living import PASSWORD, Vault, eventually
from vault_domain.canonical import sha256_hex
from vault_domain.events import Kind

SECONDS = 15.5
"""Long enough to be accepted without a person."""
ONCE = (Kind.ACCOUNT_CREATED, Kind.UPLOAD_OPENED, Kind.TRACK_SUBMITTED, Kind.CONSENT_GIVEN, Kind.TRACK_REVOKED)
OPEN = {"submitted", "pending_automated_checks"}


@dataclass
class Ledger:
    """What the vault acknowledged."""

    accounts: dict[str, str] = field(default_factory=dict)
    """E-mail -> account id."""
    sent: dict[str, str] = field(default_factory=dict)
    """Upload whose bytes were taken -> file name."""
    tracks: dict[str, str] = field(default_factory=dict)
    """Track -> upload."""
    revoked: set[str] = field(default_factory=set)
    asked_back: set[str] = field(default_factory=set)
    """Tracks whose revocation was asked for, whether it was acknowledged or not."""
    checks: set[str] = field(default_factory=set)

    def total(self) -> int:
        return sum(map(len, (self.accounts, self.sent, self.tracks, self.revoked, self.checks)))


class Load:
    """Callers that go on until the vault does not answer."""

    def __init__(self, url: str, ledger: Ledger, owner: str, service: str, folder: Path, terms: str) -> None:
        self.url, self.ledger, self.folder, self.terms = url, ledger, folder, terms
        self.owner, self.service = owner, service
        self.faults: list[BaseException] = []
        self.over = threading.Event()
        jobs: list[Callable[[], None]] = [self.register, self.send, self.send, self.take_back, self.check]
        self.threads = [threading.Thread(target=self.forever, args=(job,)) for job in jobs]
        for thread in self.threads:
            thread.start()

    def forever(self, job: Callable[[], None]) -> None:
        try:
            while not self.over.is_set():
                job()
        except ApiProblem as problem:
            if problem.code != "unreachable" and problem.status not in (500, 503):  # its store died first
                self.faults.append(problem)
        except BaseException as fault:
            self.faults.append(fault)

    def register(self) -> None:
        email = f"{uuid.uuid4().hex}@example.org"
        self.ledger.accounts[email] = Api(self.url).register(email, PASSWORD, "Somebody")["account_id"]
        time.sleep(0.1)

    def send(self) -> None:
        """Upload and submit a tune of its own."""
        name = uuid.uuid4().hex
        path, api = self.folder / f"{name}.flac", Api(self.url, self.owner)
        path.write_bytes(sound(random.randrange(2**32), SECONDS))
        upload_id = api.upload(path)
        self.ledger.sent[upload_id] = path.name
        answer = api.submit(upload_id, {**METADATA, "title": name}, RIGHTS, self.terms)
        self.ledger.tracks[answer["track_id"]] = upload_id
        time.sleep(random.uniform(0.2, 0.8))

    def take_back(self) -> None:
        """Any track, wherever it stands."""
        time.sleep(random.uniform(0.4, 1.2))
        left = sorted(self.ledger.tracks.keys() - self.ledger.asked_back)
        if left:
            track_id = random.choice(left)
            self.ledger.asked_back.add(track_id)
            Api(self.url, self.owner).revoke(track_id)
            self.ledger.revoked.add(track_id)

    def check(self) -> None:
        output_id, path = f"out_{uuid.uuid4().hex}", self.folder / "output.flac"
        Api(self.url, self.service).check(path, output_id, "model")
        self.ledger.checks.add(output_id)


# --- what must hold after every start ------------------------------------------------


def by_kind(vault: Vault, table: str, kind: str) -> list[dict]:
    return [row for row in vault.rows(table) if row["kind"] == kind]


def settle_people(vault: Vault, ledger: Ledger, told: Counter) -> None:
    """Every account that was acknowledged is there, once, and so is every address."""
    accounts = {row["account_id"]: row for row in by_kind(vault, "accounts", "account")}
    assert set(ledger.accounts.values()) <= accounts.keys()
    assert len(set(ledger.accounts.values())) == len(ledger.accounts)
    assert len(by_kind(vault, "accounts", "email_claim")) == len(accounts)
    people = {key for key, row in accounts.items() if row["role"] == "contributor"}
    assert {subject for subject, kind in told if kind == Kind.ACCOUNT_CREATED} >= people
    for email in random.sample(sorted(ledger.accounts), min(2, len(ledger.accounts))):
        Api(vault.place.url).login(email, PASSWORD)


def settle_tracks(vault: Vault, ledger: Ledger, told: Counter) -> dict[str, dict]:
    """Uploads, tracks, histories and rights: what was acknowledged is there, and all of it fits together."""
    uploads = {row["upload_id"]: row for row in by_kind(vault, "uploads", "upload")}
    tracks = {row["track_id"]: row for row in by_kind(vault, "tracks", "track")}
    rights = {row["track_id"]: row for row in by_kind(vault, "rights", "rights")}
    history = Counter(row["track_id"] for row in by_kind(vault, "tracks", "history"))
    assert ledger.sent.keys() <= uploads.keys()
    held = set(vault.keys("quarantine", "uploads/"))
    assert not [u for u in ledger.sent if not uploads[u]["purged"] and f"uploads/{u}/source" not in held]
    assert {track: tracks[track]["upload_id"] for track in ledger.tracks} == ledger.tracks
    assert rights.keys() == tracks.keys()
    for track_id, track in tracks.items():
        assert uploads[track["upload_id"]]["track_id"] == track_id, "one track per upload"
        assert history[track_id] == track["steps"] + 1 == told[track_id, Kind.TRACK_CHANGED] + 1
        assert told[track_id, Kind.TRACK_SUBMITTED] == told[track_id, Kind.CONSENT_GIVEN] == 1
        assert told[track_id, Kind.TRACK_REVOKED] == rights[track_id]["revoked"] == (track["status"] == "removed")
    assert all(tracks[track]["status"] == "removed" for track in ledger.revoked)
    assert not [t for t in tracks if tracks[t]["status"] == "removed" and t not in ledger.asked_back]
    opened = {subject for subject, kind in told if kind == Kind.UPLOAD_OPENED}
    assert opened == uploads.keys()
    assert {subject for subject, kind in told if kind == Kind.TRACK_SUBMITTED} == tracks.keys()
    return tracks


def settle_checks(vault: Vault, ledger: Ledger, told: Counter) -> None:
    """Each acknowledged check is on record once, as a record and as an event, and so is any other."""
    made = Counter(row["output_id"] for row in by_kind(vault, "checks", "check"))
    assert ledger.checks <= made.keys()
    assert {output: told[output, Kind.OUTPUT_CHECK] for output in made} == dict.fromkeys(made, 1) == dict(made)


def settle(vault: Vault, ledger: Ledger) -> dict[str, dict]:
    """All of it; gives the tracks."""
    told = Counter((row["subject"], row["event"]) for row in vault.rows("events"))
    assert not {name: count for name, count in told.items() if name[1] in ONCE and count != 1}
    settle_people(vault, ledger, told)
    settle_checks(vault, ledger, told)
    return settle_tracks(vault, ledger, told)


def undecided(track: dict) -> bool:
    entering = track["status"] == "pending_review" and track["verdict"] in ("none", "accept")
    return track["status"] in OPEN or entering


def settle_for_good(vault: Vault, ledger: Ledger) -> None:
    """Every track is decided, and vault and index hold exactly what was accepted."""

    def over() -> bool:
        return not any(undecided(row) for row in by_kind(vault, "tracks", "track")) and not any(
            one["status"] == "RUNNING" and not waits(vault, one) for one in vault.executions()
        )

    eventually(over, 240, "the decision on every track")
    vault.sweep()
    tracks = settle(vault, ledger)
    accepted = {track for track, row in tracks.items() if row["status"] == "accepted"}
    assert vault.index()[1] == accepted
    for track in accepted:
        assert tracks[track]["stored_sha256"] == sha256_hex(vault.read("vault", f"audio/{track}.flac"))
    assert len({row["audio_sha256"] for t, row in tracks.items() if t in accepted}) == len(accepted)


def waits(vault: Vault, execution: dict) -> bool:
    """Whether an execution stands at the submission that its upload never got."""
    upload_id = json.loads(execution["input"])["key"].split("/")[1]
    return not any(row["upload_id"] == upload_id for row in by_kind(vault, "tracks", "track"))


def survive(folder: Path, rounds: int) -> Ledger:
    """Kill the vault ``rounds`` times; at every start, and in the end, look at everything."""
    ledger, music = Ledger(), folder / "music"
    music.mkdir()
    (music / "output.flac").write_bytes(sound(1, SECONDS))
    place = Installation(folder / "data")
    with place:
        vault = Vault(place)
        vault.register_catalogue(music)
        made = vault.admin.create_service("checks", ["safety"])
    owner = "owner@example.org"
    for number in range(rounds):
        with Installation(folder / "data") as place:
            vault = Vault(place)
            if number:
                settle(vault, ledger)
                vault.sweep()
            else:
                ledger.accounts[owner] = Api(place.url).register(owner, PASSWORD, "Owner")["account_id"]
            tokens = Api(place.url).login(owner, PASSWORD), Api(place.url).service_login(**credentials(made))
            load = Load(place.url, ledger, *(one["access_token"] for one in tokens), music, vault.terms_sha256)
            wait_for_work(ledger)
            place.stack.kill()
            load.over.set()
            for thread in load.threads:
                thread.join(60)
                assert not thread.is_alive()
            assert load.faults == []
    with Installation(folder / "data") as place:
        vault = Vault(place)
        settle(vault, ledger)
        vault.sweep()
        settle_for_good(vault, ledger)
    return ledger


def wait_for_work(ledger: Ledger) -> None:
    """A random moment, after a random number of answers: a busy machine gives few in a second."""
    wanted, deadline = ledger.total() + random.randint(4, 16), time.monotonic() + 25
    while ledger.total() < wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(random.uniform(0.0, 0.8))


def credentials(made: dict) -> dict[str, str]:
    return {name: made[name] for name in ("client_id", "client_secret")}


@pytest.mark.timeout(600)
def test_a_kill_loses_and_doubles_nothing(tmp_path):
    assert survive(tmp_path, 1).total() > 3


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_ten_kills_lose_and_double_nothing(tmp_path):
    assert survive(tmp_path, 10).total() > 50
