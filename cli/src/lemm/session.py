"""Where `lemm login` keeps the address and the token: one file, readable by its owner alone."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

DEFAULT_URL = "http://127.0.0.1:8400"


@dataclass(frozen=True)
class Session:
    """A vault's address and the token for it (short-lived; sign in again when it has expired)."""

    url: str = DEFAULT_URL
    token: str | None = None


def session_path() -> Path:
    """``$XDG_CONFIG_HOME/lemm/session.json``, or under ``~/.config``."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "lemm" / "session.json"


def load_session() -> Session:
    """The kept session, or an empty one; ``LEMM_URL`` and ``LEMM_TOKEN`` win."""
    try:
        kept = json.loads(session_path().read_text())
    except (OSError, ValueError):
        kept = None
    kept = kept if isinstance(kept, dict) else {}
    return Session(
        url=os.environ.get("LEMM_URL") or str(kept.get("url") or DEFAULT_URL),
        token=os.environ.get("LEMM_TOKEN") or kept.get("token"),
    )


def save_session(session: Session) -> Path:
    """Write the session; returns where."""
    path = session_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(session)))
    fresh.replace(path)
    return path
