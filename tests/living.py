"""A running vault as end-to-end tests see it: people through the API, records and objects as the operator."""

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from lemm.catalogue import build_catalogue
from lemm.client import Api, Json
from lemm.demo.people import METADATA, RIGHTS
from lemm.demo.watching import submit_and_watch
from lemm.installation import PREFIX, Installation
from lemm.registering import licence_text, register_corpus, send_catalogue
from sounds import as_file, piece
from vault_domain import snapshots
from vault_domain.canonical import sha256_hex
from vault_domain.snapshots import Manifest
from vault_index.shard import Shard

BUCKETS = ("quarantine", "vault", "outputs", "snapshots")
ORIGINALS = (4, 6, 9, 33, 21, 22, 23, 24, 30)
CATALOGUED = (26, 31)
"""Seeds of pieces with no resemblance to each other, as a search measured it: few notes can happen to agree."""
PASSWORD = "plays at midnight, twice"


SECONDS = 16.0
"""A little more than what counts as short."""


def song(folder: Path, seed: int, seconds: float = SECONDS) -> Path:
    """A composed piece as a FLAC file, made once per folder."""
    path = folder / f"song-{seed}.flac"
    if not path.exists():
        path.write_bytes(as_file(piece(seed, seconds), "FLAC"))
    return path


def disguised(folder: Path, seed: int) -> Path:
    """The same piece, quieter and through a lossy coder: other bytes, other samples."""
    path = folder / f"song-{seed}-quieter.ogg"
    if not path.exists():
        path.write_bytes(as_file(0.5 * piece(seed, SECONDS), "OGG"))
    return path


def eventually(look: Callable[[], Any], seconds: float = 60.0, what: str = "it") -> Any:
    """The first true answer of ``look``, or a failure."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.1)
    return found


class Vault:
    """One installation and the people around it."""

    def __init__(self, place: Installation) -> None:
        self.place = place
        self.s3: Any = place.stack.client("s3")
        self.tables: Any = place.stack.client("dynamodb")
        self.machines: Any = place.stack.client("stepfunctions")

    @cached_property
    def admin(self) -> Api:
        return self.place.admin_api()

    @cached_property
    def terms_sha256(self) -> str:
        return str(Api(self.place.url).terms()["sha256"])

    # --- people -------------------------------------------------------------

    def contributor(self, name: str = "nova") -> Api:
        """A new account, signed in."""
        api, email = Api(self.place.url), f"{name}-{uuid.uuid4().hex[:12]}@example.org"
        api.register(email, PASSWORD, name.title())
        api.login(email, PASSWORD)
        return api

    def service(self, scope: str) -> Api:
        """A new service account with one scope, signed in."""
        made, api = self.admin.create_service(f"a {scope} service", [scope]), Api(self.place.url)
        api.service_login(made["client_id"], made["client_secret"])
        return api

    def register_catalogue(self, folder: Path, seeds: tuple[int, ...] = CATALOGUED) -> None:
        """An outside catalogue, so that the default policy can clear."""
        corpus = folder / "corpus"
        corpus.mkdir(exist_ok=True)
        for seed in seeds:
            song(corpus, seed)
        built = build_catalogue(corpus, "open-corpus", folder)
        text = licence_text(b"Composed by this test; CC0 1.0", "tests/living.py")
        register_corpus(self.admin, "open-corpus", "Open corpus", "CC0-1.0", text)
        send_catalogue(self.admin, Path(built["snapshot"]), "Open corpus", "CC0-1.0")

    # --- tracks -------------------------------------------------------------

    def ask(self, api: Api, upload_id: str, title: str = "Glass City") -> str:
        """Submit an upload; the track's id."""
        return str(api.submit(upload_id, {**METADATA, "title": title}, RIGHTS, self.terms_sha256)["track_id"])

    def decided(self, api: Api, path: Path) -> Json:
        """Upload, submit, and wait for what becomes of it."""
        return submit_and_watch(api, path, self, lambda who, what, _: self.ask(who, who.upload(what), what.stem))

    # --- behind the API -----------------------------------------------------

    def rows(self, table: str) -> list[Json]:
        """Every record of a table, with its keys as ``pk`` and ``sk``."""
        pages = self.tables.get_paginator("scan").paginate(TableName=f"{PREFIX}-{table}", ConsistentRead=True)
        return [
            {**json.loads(item["doc"]["S"]), "pk": item["pk"]["S"], "sk": item["sk"]["S"], "kind": item["kind"]["S"]}
            for page in pages
            for item in page["Items"]
        ]

    def events(self, subject: str) -> Counter[str]:
        """How often each kind of event tells of a subject."""
        return Counter(row["event"] for row in self.rows("events") if row["subject"] == subject)

    def keys(self, bucket: str, prefix: str = "", *, versions: bool = False) -> list[str]:
        """Names of objects; with ``versions`` also those that were overwritten or deleted, but not delete markers."""
        name = "list_object_versions" if versions else "list_objects_v2"
        pages = self.s3.get_paginator(name).paginate(Bucket=self.place.bucket(bucket), Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Versions" if versions else "Contents", [])]

    def read(self, bucket: str, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=self.place.bucket(bucket), Key=key)["Body"].read())

    def index(self, name: str = "vault") -> tuple[Manifest, set[str]]:
        """The pointer, and the tracks that a search would find; every part is read and its hash checked."""
        manifest, found = snapshots.read(self.read("snapshots", f"{name}/manifest.json")), set()
        for part in manifest.parts:
            data = self.read("snapshots", f"{name}/parts/{part.sha256}")
            assert sha256_hex(data) == part.sha256
            found |= {entry.id for entry in Shard.open(data, part.sha256).tracks}
        return manifest, found - set(manifest.removed)

    def executions(self) -> Iterator[Json]:
        """Every execution of the pipeline since the stack's start: ``name``, ``status``, ``input``."""
        arn = self.place.addresses.resources["IngestMachine"]
        for page in self.machines.get_paginator("list_executions").paginate(stateMachineArn=arn):
            for item in page["executions"]:
                yield self.machines.describe_execution(executionArn=item["executionArn"])

    def sweep(self) -> Json:
        """As an operator would after a crash."""
        return dict(self.place.invoke("sweep", {"now": True}))
