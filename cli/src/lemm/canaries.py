"""Canaries made on an admin's machine, and looked for in files that were found somewhere.

``make_canaries`` composes pieces from secret seeds, one FLAC file each, whose
name says the run; they are then submitted like any track, from a contributor's account. ``check_files`` looks
for them in other files, as matching does: a copy that was cut, encoded again or
slowed down still names its run. The folder is the secret: keep it.
"""

import re
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from lemm.catalogue import build_catalogue
from lemm.matching import match_files
from vault_domain.errors import BadRequest

Json = dict[str, Any]
SURE: Final = 0.7
"""On the calibrated scale: reached by 0.1 % of unrelated files."""
RATE: Final = 44_100
_RUN: Final = re.compile(r"run_[0-9A-Za-z_-]{1,60}")
_FILE: Final = re.compile(r"(run_[0-9A-Za-z_-]{1,60})\.[0-9]+\.flac")


def make_canaries(run_id: str, count: int, out: Path, seconds: float = 90.0) -> list[Path]:
    """Compose ``count`` pieces for a run; the files. Raises ``BadRequest`` for what is no run id."""
    import soundfile
    from vault_models.compose import compose

    if not _RUN.fullmatch(run_id):
        raise BadRequest(f"{run_id} is not a run id; it looks like run_ and letters, digits, _ or -")
    out.mkdir(parents=True, exist_ok=True)
    begun = len(list(out.glob(f"{run_id}.*.flac")))
    made = []
    for number in range(begun, begun + count):
        piece = compose(secrets.randbits(63), seconds, sample_rate=RATE)
        path = out / f"{run_id}.{number}.flac"
        soundfile.write(path, np.asarray(piece.audio), RATE, format="FLAC", subtype="PCM_16")
        made.append(path)
    return made


def check_files(files: Iterable[Path], folder: Path) -> Iterator[Json]:
    """For each file: the runs whose canaries are in it, the surest first, or an error. Raises ``BadRequest``."""
    if not any(_FILE.fullmatch(path.name) for path in folder.glob("*.flac")):
        raise BadRequest(f"{folder} holds no canaries")
    with tempfile.TemporaryDirectory() as place:
        built = build_catalogue(folder, "canaries", Path(place))
        for line in match_files(list(files), Path(built["snapshot"])):
            yield {"file": line["query"], "runs": _runs(line["matches"])} | (
                {"error": line["error"]} if "error" in line else {}
            )


def _runs(matches: Iterable[Json]) -> list[Json]:
    found: dict[str, float] = {}
    for match in matches:
        name = _FILE.fullmatch(str(match["track"]))
        if name is not None and match["similarity"] >= SURE:
            found[name[1]] = max(match["similarity"], found.get(name[1], 0.0))
    return [{"run_id": run_id, "similarity": found[run_id]} for run_id in sorted(found, key=lambda one: -found[one])]
