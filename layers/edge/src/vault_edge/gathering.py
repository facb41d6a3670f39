"""Many small parts of an index, searched as few.

A search has a cost per part, whatever the part's size, and every admission adds
a part until the next compaction. So readers merge small parts in memory: those
up to the last full group together, and the newest few together, so that one
more admission costs a merger of a few tracks only. What a search finds does not
change; what was merged is kept for as long as it is in use.
"""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Final

from vault_index.shard import Shard
from vault_index.snapshot import merge_parts

SMALL: Final = 64
"""Parts with fewer tracks are merged."""

GROUP: Final = 32
_HELD: Final = 8
_merged: OrderedDict[tuple[str, ...], Shard] = OrderedDict()
_lock = Lock()


def gathered(shards: Sequence[Shard]) -> list[Shard]:
    """The same tracks in few parts: large ones as they are, then at most two mergers of the small ones."""
    large = [shard for shard in shards if len(shard.tracks) >= SMALL]
    small = [shard for shard in shards if len(shard.tracks) < SMALL]
    cut = len(small) // GROUP * GROUP
    return large + _together(small[:cut]) + _together(small[cut:])


def _together(shards: list[Shard]) -> list[Shard]:
    if len(shards) < 2:
        return shards
    name = tuple(shard.sha256 for shard in shards)
    with _lock:  # one merger at a time: whoever waits for the same one finds it made
        if name not in _merged:
            built = merge_parts(shards, frozenset())
            if built is None:  # parts without tracks
                return []
            _merged[name] = Shard.open(built.data, "merged")
            while len(_merged) > _HELD:
                _merged.popitem(last=False)
        _merged.move_to_end(name)
        return [_merged[name]]
