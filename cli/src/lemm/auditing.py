"""Outputs of a model through the safety check, and what the release gate makes of them.

A manifest is JSON lines, ``{"file": "a.wav", "prompt": "caption"}``; a folder has
one folder for each kind of prompt. An output's id follows from its bytes, the
model and the version, so a run that was cut off goes on where it was: what was
checked under the versions in force is not checked again. What is wrong with one
output keeps no other from being checked.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lemm.checking import audio_files, check_one, patiently
from lemm.client import Api, Json
from vault_domain.errors import BadRequest
from vault_domain.release_gate import MAX_OUTPUTS, PROMPTS, Prompt


@dataclass(frozen=True)
class Generated:
    """One output of a model, and what it was prompted with."""

    path: Path
    prompt: Prompt


def listed(source: Path) -> list[Generated]:
    """The outputs that a manifest or a folder names. Raises ``BadRequest`` for one that is not of the form."""
    found = list(_folder(source) if source.is_dir() else _manifest(source))
    if not 1 <= len(found) <= MAX_OUTPUTS:
        raise BadRequest(f"{source.name} names {len(found)} outputs; an audit has 1 to {MAX_OUTPUTS}")
    return found


def _folder(folder: Path) -> Iterator[Generated]:
    for prompt in PROMPTS:
        yield from (Generated(path, prompt) for path in audio_files(folder / prompt))


def _manifest(path: Path) -> Iterator[Generated]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            prompt, file = row["prompt"], path.parent / str(row["file"])
        except (ValueError, KeyError, TypeError):
            raise BadRequest(f'{path.name}, line {number}: not {{"file": ..., "prompt": ...}}') from None
        if prompt not in PROMPTS:
            raise BadRequest(f"{path.name}, line {number}: a prompt is one of {', '.join(PROMPTS)}")
        if not file.is_file():
            raise BadRequest(f"{path.name}, line {number}: there is no file {row['file']}")
        yield Generated(file, prompt)


def output_id(one: Generated, model_id: str, model_version: str) -> str:
    """The same file of the same version has the same id."""
    name = hashlib.sha256(f"{model_id}@{model_version}|".encode() + one.path.read_bytes()).hexdigest()
    return f"out_audit_{name[:40]}"


def checked(
    api: Api, outputs: list[Generated], model_id: str, model_version: str, *, at_once: int = 2,
    told: Callable[[], object] = lambda: None, pause: Callable[[float], None] = time.sleep,
) -> list[Json]:  # fmt: skip
    """Every output through the check, in order: id, prompt, what was found and resembles it most, or why not.

    Raises ``Interrupted`` when the vault is gone.
    """

    def one(made: Generated) -> Json:
        name = output_id(made, model_id, model_version)
        answer = patiently(partial(check_one, api, made.path, name, f"{model_id}@{model_version}"), pause)
        told()
        best = next(iter(answer.get("matches", ())), None)
        return {
            "file": str(made.path), "output_id": name, "prompt": made.prompt,
            "outcome": answer.get("found", answer["outcome"]),
            "similarity": best["similarity"] if best else 0.0, "ref": best["ref"] if best else None,
            **({"error": answer["error"]} if "error" in answer else {}),
        }  # fmt: skip

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(one, outputs))


def put_to_the_gate(api: Api, rows: list[Json], model_id: str, model_version: str) -> Json:
    """The vault's verdict over its own checks of these outputs."""
    asked = [{"output_id": row["output_id"], "prompt": row["prompt"]} for row in rows]
    return api.call("POST", f"/models/{model_id}/versions/{model_version}/audits", {"outputs": asked})
