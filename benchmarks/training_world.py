"""Accepted tracks for benchmarks of training, put straight into a vault: one in memory, or the local stack."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import httpx
from lemm.installation import Installation
from lemm.stack.emulator import REGION
from pynamodb.connection import Connection
from vault_domain.admission import vault_audio_key, vault_uri
from vault_domain.ids import make_id
from vault_domain.ports import Put, Records
from vault_domain.rights import ConsentFlags, RightsRecord
from vault_domain.submission import Metadata
from vault_domain.tracks import Status, Track
from vault_edge.deps import BUCKETS, TABLES, Deps
from vault_edge.loading import load_folder
from vault_edge.tokens import issue_token, publish_key
from vault_store.clock import SystemClock
from vault_store.dynamo import DynamoRecords
from vault_store.ids import RandomIds
from vault_store.memory import MemoryBuckets, MemoryRecords
from vault_store.secrets import MemorySecrets

ROOT = Path(__file__).resolve().parent.parent
SECRETS = ("jwt", "receipt", "salt", "log")
SPEC = {"model_id": "bench", "model_type": "none", "purpose": "internal_experiment"}


def accepted(number: int, owner: str, data: bytes) -> tuple[Track, RightsRecord]:
    """Track ``number`` of an owner, accepted, whose audio is ``data``."""
    clock, track_id = SystemClock(), make_id("trk", number.to_bytes(16, "big"))
    track = Track(
        track_id=track_id,
        submission_id=make_id("sub", number.to_bytes(16, "big")),
        upload_id=make_id("upl", number.to_bytes(16, "big")),
        rights_id=make_id("rgt", number.to_bytes(16, "big")),
        owner=owner,
        status=Status.ACCEPTED,
        metadata=Metadata(title=f"Piece {number}", artist_display_name="Nobody", genre_tags=("ambient",)),
        submitted=clock(),
        changed=clock(),
        audio_sha256=hashlib.sha256(track_id.encode()).hexdigest(),
        duration_s=180.0,
        stored=vault_uri(track_id),
        stored_bytes=len(data),
        stored_sha256=hashlib.sha256(data).hexdigest(),
        verdict="accept",
    )
    flags = ConsentFlags(
        training_allowed=True, internal_experiment_ok=True, product_ok=True, evaluation_ok=True,
        internal_demo_ok=False, allow_per_artist_adapters=False,
        keep_fingerprints_after_revocation=False,
    )  # fmt: skip
    rights = RightsRecord(
        rights_id=track.rights_id, track_id=track_id, contributor=owner, territorial_scope="worldwide",
        term="perpetual", rights_holder_type="individual", flags=flags, consent_version=1, terms_sha256="0" * 64,
        given=clock(),
    )  # fmt: skip
    return track, rights


def fill(
    records: Records, put: Callable[[str, bytes], Any], count: int, data: bytes, owner: str | None = None
) -> list[str]:
    """Accepted tracks with rights and audio; their ids. Without an owner each has one of its own."""
    found = []
    for first in range(1, count + 1, 40):
        numbers = range(first, min(first + 40, count + 1))
        made = [accepted(n, owner or make_id("acc", n.to_bytes(16, "big")), data) for n in numbers]
        records.commit([Put(record, 0) for pair in made for record in pair])
        for track, _ in made:
            put(vault_audio_key(track.track_id), data)
            found.append(track.track_id)
    return found


class InMemory(httpx.BaseTransport):
    """The real functions over memory stores, as an HTTP transport."""

    steps: ClassVar = {
        "/training/objects": "gateway-fetch", "/training/": "gateway-issue-token", "/accounts/": "accounts",
    }  # fmt: skip

    def __init__(self) -> None:
        clock = SystemClock()
        self.records, self.buckets = MemoryRecords(), MemoryBuckets(clock=clock)
        environ = {f"LEMM_TABLE_{name.upper()}": name for name in TABLES}
        environ |= {f"LEMM_BUCKET_{name.upper()}": name for name in BUCKETS}
        environ |= {f"LEMM_SECRET_{name.upper()}": f"secret-{name}" for name in SECRETS}
        secrets = MemorySecrets({f"secret-{name}": f"a {name} secret for benchmarks only" for name in SECRETS})
        self.deps = Deps(
            environ, clock=clock, new_id=RandomIds(), records=self.records, bucket=self.buckets.open, secrets=secrets
        )
        self.modules = {name: load_folder(ROOT / "functions" / name) for name in self.steps.values()}
        for module in self.modules.values():
            module.app.bind(self.deps)
            module.app.logger.setLevel("ERROR")

    def token(self) -> str:
        """A training service's access token."""
        signer = self.deps.signer("jwt")
        publish_key(signer, "jwt", self.records, self.deps.clock())
        subject, scopes = make_id("svc", bytes(16)), ("training",)
        return issue_token(signer, subject=subject, role="system", scopes=scopes, token_id="tok", now=self.deps.clock())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """A request to the vault or to its store."""
        if request.url.host != "vault.example":
            return httpx.Response(200, content=self.buckets.fetch(str(request.url)))
        step = next(step for prefix, step in self.steps.items() if request.url.path.startswith(prefix))
        result = self.modules[step].handler(event_of(request), None)
        return httpx.Response(result["statusCode"], headers=result["headers"], content=result["body"].encode())


def event_of(request: httpx.Request) -> dict[str, Any]:
    """An API Gateway event."""
    path, query = request.url.path, request.url.query.decode()
    return {
        "version": "2.0", "rawPath": path, "rawQueryString": query, "headers": dict(request.headers),
        "requestContext": {
            "stage": "$default", "requestId": "bench",
            "http": {"method": request.method, "path": path, "sourceIp": "127.0.0.1"},
        },
        "body": request.content.decode() or None, "isBase64Encoded": False,
    }  # fmt: skip


@dataclass(frozen=True)
class Running:
    """The local stack, as its operator reaches it."""

    vault: Installation
    records: DynamoRecords

    def put(self, key: str, data: bytes) -> None:
        """An object of the vault bucket."""
        self.vault.stack.client("s3").put_object(Bucket=self.vault.bucket("vault"), Key=key, Body=data)


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """The whole local stack in a folder."""
    with Installation(folder) as vault:
        key, secret = vault.stack.keyring.root_key()
        os.environ.update(AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret)
        endpoint = vault.addresses.emulator if vault.addresses else ""
        connection = Connection(region=REGION, host=endpoint)
        yield Running(vault, DynamoRecords({name: f"lemm-{name}" for name in TABLES}, connection=connection))
