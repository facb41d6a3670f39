"""Checking many outputs one by one, so that it can be stopped anywhere and taken up again.

- What was decided stands in a ledger: one JSON line per answer, on the disk
  before the next output is sent. A line that was cut off counts as not written.
- Taken up again, an output whose bytes are in the ledger is not sent again. What
  was not cleared, or could not be checked, is.
- A file is known by its bytes: renamed it is the same, changed it is another.
"""

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from lemm.client import CONTENT_TYPES, Api, ApiProblem

Json = dict[str, Any]
OUTCOMES: Final = ("allow", "warn", "block", "not_cleared")
DECIDED: Final = frozenset({"allow", "warn", "block"})
FINE, BLOCKED, UNCLEAR = 0, 1, 3
"""Exit codes: all may leave; at least one is blocked; none is blocked, but not all could be cleared."""
FATAL: Final = frozenset({"unauthenticated", "forbidden"})
TRANSIENT: Final = frozenset({0, 429, 500, 502, 503, 504})
PAUSES: Final = (1.0, 4.0, 15.0)
MOST_HIT: Final = 10


class Interrupted(Exception):
    """The vault does not answer any more; what was decided is in the ledger."""


@dataclass(frozen=True)
class Ledger:
    """The answers of one model's outputs so far. Raises ``ValueError`` for a ledger of another model."""

    path: Path
    model: str

    def read(self) -> dict[str, Json]:
        """SHA-256 of the bytes -> the newest answer."""
        found: dict[str, Json] = {}
        for line in self._lines():
            if line.get("model") != self.model:
                raise ValueError(f"{self.path} holds outputs of {line.get('model')}, not of {self.model}")
            found[line["sha256"]] = line
        return found

    def add(self, row: Json) -> None:
        """Write one answer, on the disk when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            file.seek(0, os.SEEK_END)
            if file.tell() and not self._ends_whole(file.tell()):
                file.write(b"\n")  # the rest of a line that was cut off stays a line of its own
            file.write(json.dumps(row, separators=(",", ":")).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _ends_whole(self, size: int) -> bool:
        with self.path.open("rb") as file:
            file.seek(size - 1)
            return file.read(1) == b"\n"

    def _lines(self) -> Iterator[Json]:
        if not self.path.exists():
            return
        for line in self.path.read_bytes().split(b"\n"):
            try:
                row = json.loads(line) if line else None
            except ValueError:
                continue  # cut off
            if isinstance(row, dict) and isinstance(row.get("sha256"), str):
                yield row


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def output_id_of(sha256: str, model: str) -> str:
    """An output's id from its bytes and its model: the same output is asked for under the same id."""
    return f"out_{hashlib.sha256(f'{model}|{sha256}'.encode()).hexdigest()[:40]}"


def audio_files(folder: Path) -> list[Path]:
    """Every file below a folder that is named like audio, in order."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in CONTENT_TYPES and path.is_file())


def check_one(
    api: Api, path: Path, output_id: str, model: str, user_ref: str | None = None, prompt: Json | None = None
) -> Json:
    """The answer about one file. What is wrong with this file is part of it; anything else is raised.

    ``prompt``: the check of the prompt that it was made from.
    """
    try:
        return api.check(path, output_id, model, prompt, user_ref)
    except ApiProblem as problem:
        if problem.code in FATAL or problem.status in TRANSIENT:
            raise
        return {"output_id": output_id, "outcome": "refused", "error": {"code": problem.code, "detail": problem.detail}}


def run_batch(
    api: Api,
    files: Sequence[Path],
    ledger: Ledger,
    receipts: Path | None,
    said: Callable[[Path, Json, bool], None],
    pause: Callable[[float], None] = time.sleep,
) -> list[Json]:
    """Check every file that has no decision yet; every file's row. Raises ``Interrupted`` when the vault is gone."""
    known, rows = ledger.read(), []
    for path in files:
        sha256 = sha256_of(path)
        is_new = known.get(sha256, {}).get("outcome") not in DECIDED
        if is_new:
            output_id = output_id_of(sha256, ledger.model)
            answer = patiently(partial(check_one, api, path, output_id, ledger.model), pause)
            save_receipt(answer, receipts)
            known[sha256] = {"model": ledger.model, **_row(path, sha256, answer)}
            ledger.add(known[sha256])
        rows.append(known[sha256])
        said(path, known[sha256], is_new)
    return rows


def save_receipt(answer: Json, folder: Path | None) -> None:
    """Keep the receipt as ``<output id>.<check>.json``, as `lemm verify` reads it."""
    if folder is None or "receipt" not in answer:
        return
    folder.mkdir(parents=True, exist_ok=True)
    data = json.dumps(answer["receipt"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    path = folder / f"{answer['output_id']}.{answer['check']}.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(data)
    fresh.replace(path)


def exit_code(outcomes: Iterable[str]) -> int:
    """One code for all: a block outweighs what was not cleared."""
    seen = set(outcomes)
    if "block" in seen:
        return BLOCKED
    return UNCLEAR if seen - {"allow", "warn"} else FINE


def summary(rows: Sequence[Json]) -> Json:
    """How many of each outcome and which share, the tracks that were hit most, and under how many sets of versions."""
    counts = Counter(row["outcome"] for row in rows)
    names = (*OUTCOMES, *(["refused"] if counts["refused"] else []))
    hit = Counter(ref for row in rows for ref in {match["ref"] for match in row.get("matched", ())})
    titles = {match["ref"]: match["title"] for row in rows for match in row.get("matched", ())}
    return {
        "outputs": len(rows),
        "outcomes": {name: counts[name] for name in names},
        "rates": {name: round(counts[name] / len(rows), 4) if rows else None for name in names},
        "most_hit": [
            {"ref": ref, "title": titles[ref], "outputs": count}
            for ref, count in sorted(hit.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_HIT]
        ],
        "sets_of_versions": len({json.dumps(row["versions"], sort_keys=True) for row in rows if row.get("versions")}),
    }


def _row(path: Path, sha256: str, answer: Json) -> Json:
    counts = answer["outcome"] in ("warn", "block")
    matches = [hit for hit in answer.get("matches", ()) if counts and hit["ref"] in _named(answer)]
    kept: Json = {key: answer[key] for key in ("output_id", "check", "outcome", "versions", "error") if key in answer}
    matched = [{"ref": hit["ref"], "title": hit["title"], "similarity": hit["similarity"]} for hit in matches]
    return {"file": path.name, "sha256": sha256, **kept, "matched": matched}


def _named(answer: Json) -> set[str]:
    """The tracks that the decision rests on; weaker likenesses are no hits."""
    return {ref for reason in answer.get("reasons", ()) for ref in reason["refs"]}


def patiently(attempt: Callable[[], Json], pause: Callable[[float], None]) -> Json:
    """The answer of a vault that may be busy for a while. Raises ``Interrupted`` when it does not come."""
    for wait in PAUSES:
        try:
            return attempt()
        except ApiProblem as problem:
            if problem.status not in TRANSIENT:
                raise
            pause(wait)
    try:
        return attempt()
    except ApiProblem as problem:
        raise Interrupted(f"{problem.code}: {problem.detail}") from problem
