"""What a data folder keeps secret: the emulator's root key, signing keys, first credentials.

One JSON file, mode 0600, written atomically; each value is made once, at
random, and stays for the life of the folder, whichever process asks first.
"""

import base64
import fcntl
import json
import secrets
from collections.abc import Callable
from pathlib import Path

from lemm.stack.files import make_folder, replace_file
from vault_domain.errors import Corrupt


class Keyring:
    """Named secrets of one data folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "secrets.json"
        make_folder(folder)
        self._values = self._read()

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        self._path.chmod(0o600)
        try:
            return dict(json.loads(self._path.read_bytes()))
        except ValueError as damage:
            raise Corrupt(f"{self._path.name} is damaged; restore it from a backup") from damage

    def value(self, name: str, make: Callable[[], str]) -> str:
        """The value of this name, made and stored on first use."""
        if name not in self._values:
            with (self._path.parent / "secrets.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._values = self._read()
                if name not in self._values:
                    self._values[name] = make()
                    replace_file(self._path, json.dumps(self._values, indent=1).encode())
        return self._values[name]

    def token(self, name: str) -> str:
        """A random token of 256 bits."""
        return self.value(name, lambda: secrets.token_urlsafe(32))

    def password(self, name: str) -> str:
        """A password that can be typed: 100 bits in groups of five."""
        return self.value(name, _password)

    def signing_seed(self, name: str) -> str:
        """The seed of an Ed25519 key (RFC 8032): 32 random bytes, base64."""
        return self.value(name, lambda: base64.b64encode(secrets.token_bytes(32)).decode())

    def root_key(self) -> tuple[str, str]:
        """Access key id and secret of the emulator's root caller."""
        identity = self.value("root_access_key_id", lambda: "LEMM" + secrets.token_hex(8).upper())
        return identity, self.token("root_secret_access_key")


def _password() -> str:
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))
