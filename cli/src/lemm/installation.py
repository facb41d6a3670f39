"""One machine's vault: the stack of a data folder, with its first admin.

``lemm up``, ``lemm demo`` and the end-to-end tests all start it here.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from lemm.client import Api
from lemm.stack.up import Addresses, Stack, StackError

ADMIN_EMAIL = "admin@vault.local"
PREFIX = "lemm"


def project_root() -> Path:
    """The checkout that holds template.yaml: this package is installed editable from it."""
    root = Path(__file__).resolve().parents[3]
    if not (root / "template.yaml").exists():
        raise StackError("The local stack runs from a checkout of the project; template.yaml was not found.")
    return root


@dataclass(frozen=True)
class Admin:
    """Credentials of the first admin of a data folder."""

    email: str
    password: str


class Installation:
    """A running vault in ``data``; a context manager."""

    def __init__(self, data: Path, *, port: int = 0, environment: dict[str, str] | None = None) -> None:
        root = project_root()
        self.stack = Stack(data, root / "template.yaml", port=port, environment=environment)
        self.addresses: Addresses | None = None

    @property
    def admin(self) -> Admin:
        """The first admin; the password is made once per data folder."""
        return Admin(ADMIN_EMAIL, self.stack.keyring.password("admin"))

    @property
    def url(self) -> str:
        """The web API's address."""
        if self.addresses is None:
            raise StackError("the stack is not running")
        return self.addresses.url

    def start(self) -> Self:
        """Start the stack, publish the keys, make the first admin where absent."""
        self.addresses = self.stack.start()
        try:
            self.invoke("accounts", {"bootstrap": {"email": self.admin.email, "password": self.admin.password}})
        except BaseException:
            self.stack.stop()
            raise
        return self

    def invoke(self, function: str, payload: Any) -> Any:
        """Call a function directly, as the operator."""
        answer = self.stack.client("lambda").invoke(FunctionName=f"{PREFIX}-{function}", Payload=json.dumps(payload))
        result = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise StackError(f"{function} failed: {result}")
        return result

    def admin_api(self) -> Api:
        """The API, signed in as the first admin."""
        api = Api(self.url)
        api.login(self.admin.email, self.admin.password)
        return api

    def bucket(self, name: str) -> str:
        """A bucket's full name."""
        return f"{PREFIX}-{name}-000000000000"

    def stop(self) -> None:
        """Stop what was started."""
        self.stack.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
