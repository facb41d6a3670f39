"""Counting what a proposed policy would change: how many of how many, from what to what, and which."""

from collections import Counter

from pydantic import JsonValue

MAX_SHOWN = 100
"""Changed decisions that a trial lists; all are counted."""


class Tally:
    """Decisions by two policies, one pair after the other; ``listed`` is the name of the list of those that differ."""

    def __init__(self, listed: str) -> None:
        self._listed, self._tried = listed, 0
        self._moves = Counter[str]()
        self._shown: list[JsonValue] = []

    def count(self, before: str, after: str, **about: JsonValue) -> None:
        """One more decision."""
        self._tried += 1
        if before == after:
            return
        self._moves[f"{before} to {after}"] += 1
        if len(self._shown) < MAX_SHOWN:
            self._shown.append({**about, "before": before, "after": after})

    def told(self) -> dict[str, JsonValue]:
        """What a trial answers."""
        changed = sum(self._moves.values())
        return {
            "summary": f"{changed} of {self._tried} would change",
            "tried": self._tried,
            "changed": changed,
            "moves": dict(sorted(self._moves.items())),
            self._listed: list(self._shown),
            "all_shown": changed == len(self._shown),
        }
