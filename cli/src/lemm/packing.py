"""Packs and registrations as the command line makes them: bodies of calls, and an export as a folder."""

import hashlib
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from lemm.client import Api, ApiProblem, Json
from lemm.registering import today
from vault_domain.canonical import canonical
from vault_domain.errors import BadRequest
from vault_domain.fair_evidence import statement
from vault_domain.licences import USES

_VERSION = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,59})@([1-9][0-9]{0,5})")


def path_of(ref: str) -> str:
    """The address of ``NAME@N``. Raises ``BadRequest`` for anything else."""
    found = _VERSION.fullmatch(ref)
    if found is None:
        raise BadRequest(f"{ref} is no version of a pack; name one as NAME@N.")
    return f"/packs/{found[1]}/{found[2]}"


def build_pack(api: Api, ask: Json, *, seconds: float = 900.0, sleep: Callable[[float], None] = time.sleep) -> Json:
    """Have a version built, or tried out, and wait for it. Raises ``ApiProblem`` with the code of its refusal."""
    told = api.call("POST", "/packs", ask)
    pause, waited = 0.2, 0.0
    while told["state"] == "waiting" and waited < seconds:
        sleep(pause)
        waited, pause = waited + pause, min(5.0, pause * 1.5)
        told = api.call("GET", f"/pack-builds/{told['build_id']}")
    if told["state"] == "done":
        return dict(told["result"])
    detail = told.get("detail") or f"the build {told['build_id']} is still under way"
    raise ApiProblem(409, told.get("code") or "unavailable", detail)


def uses_of(words: list[str]) -> dict[str, str]:
    """``PACK=use`` pairs; a pack alone is used to train models that generate."""
    found: dict[str, str] = {}
    for word in words:
        name, _, use = word.partition("=")
        found[name] = use or "train_generative"
        if found[name] not in USES:
            raise BadRequest(f"{use} is no use; there are {', '.join(USES)}.")
    return found


def pairs_of(words: list[str], what: str) -> dict[str, str]:
    """``name=value`` pairs. Raises ``BadRequest`` for a word without both."""
    found = dict(word.split("=", 1) for word in words if "=" in word)
    if len(found) != len(words) or not all(found.values()):
        raise BadRequest(f"Each {what} is given once, as NAME=VALUE.")
    return found


def registration(
    dataset_id: str,
    known: Json,
    *,
    title: str | None,
    tier: str | None,
    rights: dict[str, str],
    uses: list[str],
    texts: list[Json],
    ledger: Path | None,
    gates: dict[str, str],
    reason: str,
) -> Json:
    """The body of POST /datasets: what was given, over what is registered or else assessed.

    ``known``: GET /datasets/{id}, or nothing. Evidence and texts of the present registration are kept.
    """
    present = known.get("registered") or {}
    base = present or known.get("assessed") or {}
    passed = {one["gate"]: one for one in present.get("gates_passed", [])}
    passed |= {gate: {"gate": gate, "evidence": words, "at": today()} for gate, words in gates.items()}
    return {
        "dataset_id": dataset_id,
        "title": title or base.get("title") or dataset_id,
        "tier": tier or base.get("tier") or "blocked",
        "rights": {**base.get("rights", {}), **rights},
        "allowed_uses": uses or base.get("allowed_uses") or base.get("suggested_uses") or [],
        "required_gates": base.get("required_gates", []),
        "gates_passed": list(passed.values()),
        "licence_texts": texts or present.get("licence_texts", []),
        "ledger": _ledger(ledger) if ledger else present.get("ledger"),
        "reviewed": today(),
        "reason": reason,
    }


def _ledger(path: Path) -> Json:
    """Hash and size of an attribution ledger: one item per line that is not empty."""
    data = path.read_bytes()
    items = sum(bool(line.strip()) for line in data.splitlines())
    return {"sha256": hashlib.sha256(data).hexdigest(), "items": items}


def export(api: Api, ref: str, out: Path, beside: list[str]) -> list[Path]:
    """Write a frozen version's documents into ``out``; the files written. The list is checked by its hash."""
    path = path_of(ref)
    query = "?" + urlencode([("beside", one) for one in beside]) if beside else ""
    found = api.call("GET", f"{path}/export{query}")
    listed = api.call("GET", f"{path}/members")
    members = canonical({"format": 1, "members": listed["members"]})
    if hashlib.sha256(members).hexdigest() != listed["members_sha256"]:
        raise BadRequest("The list of members is not the one that its hash names; nothing was written.")
    evidence = found["evidence"]
    sources = {name: value for name, value in evidence.items() if name != "tracks"}
    files = {
        "members.json": members,
        "croissant.json": _pretty(found["croissant"]),
        "training-summary.json": _pretty(found["training_summary"]),
        "fairly-trained/README.md": statement(evidence).encode(),
        "fairly-trained/sources.json": _pretty(sources),
        "fairly-trained/tracks.json": _pretty(evidence["tracks"]),
    }
    return [_write(out / name, data) for name, data in files.items()]


def _write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _pretty(document: Any) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
