"""What a function may use: made lazily from its environment, kept per container.

This is the only reader of ``os.environ``. A variable is present only in
functions that need what it names, so asking for something a function was not
given fails with the variable's name. boto3, numpy and the rest are imported
when the attribute that needs them is first used.

``Deps(environ, clock=..., records=...)`` presets attributes by name; tests hand
in a whole world that way.
"""

import hmac
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vault_domain.policy import Policy
    from vault_domain.ports import Objects, Records
    from vault_embedder import Embedder
    from vault_store.secrets import Secrets
    from vault_store.signer import Ed25519Signer

    from vault_edge.auth import TokenRules
    from vault_edge.aws import Cloud, StepTasks
    from vault_edge.index import IndexStore
    from vault_edge.mail import Mailer
    from vault_edge.outbound import AcoustId
    from vault_edge.prompting import PromptReader

TABLES = (
    "accounts", "keys", "uploads", "tracks", "rights", "evidence",
    "originals", "events", "runs", "checks", "policies", "limits", "claims", "messages", "statistics", "packs",
)  # fmt: skip
BUCKETS = ("quarantine", "vault", "outputs", "snapshots", "log")


class Misconfigured(Exception):
    """The function lacks a variable that the template should have given it."""


class Deps:
    """The dependencies of one function; every attribute is made at first use."""

    def __init__(self, environ: Mapping[str, str], **given: Any) -> None:
        for name in given:
            if name.startswith("_") or not hasattr(type(self), name):
                raise TypeError(f"Deps has no attribute {name}")
        self.environ = environ
        self._lock = RLock()
        self._buckets: dict[str, Objects] = {}
        self._signers: dict[str, tuple[str, Ed25519Signer]] = {}
        vars(self).update(given)

    # --- environment ----------------------------------------------------------

    def env(self, name: str) -> str:
        """A variable that this function needs. Raises ``Misconfigured``."""
        value = self.environ.get(name, "")
        if not value:
            raise Misconfigured(f"{name} is not set for this function")
        return value

    def optional(self, name: str) -> str | None:
        """A variable that may be absent."""
        return self.environ.get(name) or None

    @cached_property
    def cloud(self) -> "Cloud":
        """Clients of the cloud's services (boto3)."""
        from vault_edge.aws import Cloud

        return Cloud(self.environ)

    # --- the world --------------------------------------------------------------

    @cached_property
    def clock(self) -> Callable[[], datetime]:
        """The time now, UTC."""
        from vault_store.clock import SystemClock

        return SystemClock()

    @cached_property
    def new_id(self) -> Callable[[str], str]:
        """A fresh id with this prefix."""
        from vault_store.ids import RandomIds

        return RandomIds()

    @cached_property
    def records(self) -> "Records":
        """The tables that this function's environment names."""
        from vault_store.dynamo import DynamoRecords

        names = {table: self.optional(f"LEMM_TABLE_{table.upper()}") for table in TABLES}
        return DynamoRecords(
            {table: name for table, name in names.items() if name}, connection=self.cloud.dynamo_connection()
        )

    def bucket(self, name: str) -> "Objects":
        """A bucket by its role: quarantine, vault, outputs, snapshots or log."""
        with self._lock:
            if name not in self._buckets:
                from vault_store.objects import S3Objects

                if name not in BUCKETS:
                    raise ValueError(f"no bucket {name!r}")
                self._buckets[name] = S3Objects(self.env(f"LEMM_BUCKET_{name.upper()}"), self.cloud.client("s3"))
            return self._buckets[name]

    # --- secrets ----------------------------------------------------------------

    @cached_property
    def secrets(self) -> "Secrets":
        """Secrets by id, kept in memory for a few minutes."""
        from vault_store.secrets import SecretsManager

        return SecretsManager(self.cloud.client("secretsmanager", attempts=1))

    def signer(self, name: str, purpose: str | None = None) -> "Ed25519Signer":
        """The Ed25519 key "jwt", "receipt" or "log"; only its owner's role can read the secret. Follows a rotation.

        ``purpose``: another key out of the same secret, unrelated to the first.
        """
        secret, purpose = self.secrets.get(self.env(f"LEMM_SECRET_{name.upper()}")), purpose or name
        with self._lock:
            if purpose not in self._signers or self._signers[purpose][0] != secret:
                from vault_store.signer import Ed25519Signer

                self._signers[purpose] = (secret, Ed25519Signer.from_secret(secret, purpose=purpose))
            return self._signers[purpose][1]

    @cached_property
    def _salt(self) -> bytes:
        """Kept for good: a new salt would cut every claim and limit off from its name."""
        return self.secrets.get(self.env("LEMM_SECRET_SALT")).encode("utf-8")

    def salted(self, text: str) -> str:
        """HMAC-SHA-256 under the installation's salt, hexadecimal: a pseudonym for personal data."""
        return hmac.digest(self._salt, text.encode("utf-8"), "sha256").hex()

    @cached_property
    def token_rules(self) -> "TokenRules":
        """Which tokens are accepted: our own, or an OIDC provider's when AUTH_ISSUER is set."""
        from vault_edge.auth import TokenRules

        return TokenRules.from_settings(self.optional("AUTH_ISSUER"), self.optional("AUTH_AUDIENCE"))

    # --- other functions ---------------------------------------------------------

    def invoke(self, function: str, payload: Any) -> Any:
        """Call the function whose name is in the variable ``function``; its refusals are raised here."""
        return self.cloud.invoke(self.env(function), payload)

    def nudge(self, function: str, payload: Any) -> None:
        """Have that function run soon; nobody waits for it, and it has a clock too. Raises ``Unavailable``."""
        self.cloud.nudge(self.env(function), payload)

    @cached_property
    def tasks(self) -> "StepTasks":
        """State machines: start an execution, answer a task token."""
        from vault_edge.aws import StepTasks

        return StepTasks(self.cloud.client("stepfunctions"))

    # --- similarity ---------------------------------------------------------------

    @cached_property
    def index(self) -> "IndexStore":
        """Snapshots of the vault and of catalogues, kept in memory and checked against their pointers."""
        from vault_edge.index import IndexStore

        megabytes = self.optional("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        return IndexStore.over(self.bucket("snapshots"), int(megabytes) * 2**20 if megabytes else None)

    @cached_property
    def embedder(self) -> "Embedder | None":
        """The ONNX embedder, or None where the layer is absent."""
        try:
            from vault_embedder import Embedder
        except ModuleNotFoundError:
            return None
        return Embedder.load()

    @cached_property
    def prompts(self) -> "PromptReader":
        """The classifier of prompts and the names to search them for."""
        from vault_edge.prompting import PromptReader

        return PromptReader(self.bucket("snapshots"), self.clock)

    @cached_property
    def acoustid(self) -> "AcoustId | None":
        """The AcoustID client, or None when no key is configured."""
        key = self.optional("ACOUSTID_KEY")
        if key is None:
            return None
        from vault_edge.outbound import AcoustId

        return AcoustId(key)

    # --- mail ----------------------------------------------------------------------

    @cached_property
    def mailer(self) -> "Mailer | None":
        """Where letters go, or None where no mail is set up."""
        from vault_edge.mail import mailer

        if self.optional("MAIL_CONFIGURED") != "true":
            return None
        url = self.secrets.get(self.env("LEMM_SECRET_MAIL"))
        return mailer(url, self.env("MAIL_FROM"), lambda: self.cloud.client("sesv2"))

    # --- policy --------------------------------------------------------------------

    def policy(self) -> "Policy":
        """The policy in force, read consistently; what ships with the software until an admin changes it."""
        return self.policy_in_force()[1]

    def policy_in_force(self) -> "tuple[int, Policy]":
        """The policy in force with its version number, which every decision names."""
        from vault_domain.policy import HEAD_OF_POLICY, in_force

        return in_force(self.records.get(*HEAD_OF_POLICY))


def from_process() -> Deps:
    """Dependencies from the process's own environment."""
    return Deps(dict(os.environ))
