"""Submit one file and watch it to its end."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lemm.client import Api, ApiProblem, Json, is_decided

PATIENCE_S = 600.0
PAUSE_S = 0.25


def submit_and_watch(api: Api, path: Path, cast: Any, submit: Callable[[Api, Path, Any], str]) -> Json:
    """What became of a file: status, reasons, hits (best first), the checks that were made."""
    track_id = submit(api, path, cast)
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        track = api.track(track_id)
        upload = api.upload_state(track["upload_id"])
        if upload["state"] == "refused":
            refusal = {**upload["refusal"], "refs": []}
            return _outcome(track, upload, "refused", [refusal])
        if is_decided(track):
            return _outcome(track, upload, track["status"], track["reasons"])
        time.sleep(PAUSE_S)
    raise ApiProblem(0, "timeout", f"{path.name} was not decided within {PATIENCE_S:.0f} s")


def _outcome(track: Json, upload: Json, status: str, reasons: list[Json]) -> Json:
    reports = track["evidence"]
    hits = sorted((hit for report in reports for hit in report["hits"]), key=lambda hit: -hit["similarity"])
    return {
        "track_id": track["track_id"],
        "upload_id": upload["upload_id"],
        "status": status,
        "reasons": reasons,
        "hits": hits,
        "checks": [f"{report['source']} {_mark(report)}" for report in reports],
    }


def _mark(report: Json) -> str:
    return f"{report['max_similarity']:.2f}" if report["status"] == "checked" else "not checked"
