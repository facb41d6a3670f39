"""What stays when names do not matter: the state of a vault, comparable across runs that drew other ids."""

import json
import re
from collections.abc import Callable
from typing import Any

from simulator import Simulator, killed_everywhere
from vault_edge.deps import Deps

_ID = re.compile(r"\b(evt|trk|rgt|sub|clm|msg)_[0-9a-hjkmnp-tv-z]{26}")
_HASH = re.compile(r'"(ask_sha256|token_sha256|signature|sig|payload)":"[^"]*"')


def essence(sim: Simulator) -> dict[str, Any]:
    """Every record, event, object and execution, without the ids that a repeated run draws anew."""
    whole = sim.dump()
    records = sorted(
        f"{table} {_plain(' '.join(key))} v{version} {_plain(doc)}"
        for table, rows in whole["records"].items()
        for key, (version, doc) in rows.items()
    )
    objects = sorted(
        f"{bucket} {_plain(key)} {digest}" for bucket, held in whole["buckets"].items() for key, digest in held.items()
    )
    return {"records": records, "objects": objects, "tasks": _plain(json.dumps(whole["tasks"], sort_keys=True))}


def ends_the_same(make: Callable[[], tuple[Simulator, Callable[[Deps], Any]]]) -> int:
    """Assert that a step, killed before and after each of its effects and run again, ends as undisturbed.

    Twice is the same as once, too. Gives the number of deaths that were survived.
    """
    worlds = killed_everywhere(make)
    _, undisturbed = next(worlds)
    wanted = essence(undisturbed)
    again, step = make()
    step(again.deps)
    step(again.container())
    assert essence(again) == wanted, "run twice"
    deaths = 0
    for label, world in worlds:
        assert essence(world) == wanted, label
        deaths += 1
    return deaths


def _plain(text: str) -> str:
    return _HASH.sub(r'"\1":"-"', _ID.sub(r"\1_x", text))
