"""The newest checkpoint that witnesses have signed, as one object; it never moves back."""

from collections.abc import Sequence

from vault_domain.errors import LostRace, NotFound
from vault_domain.ports import Objects
from vault_domain.witnesses import lines_of, same_tree, size_of, with_lines

from vault_store.log_reader import MAX_CHECKPOINT, WITNESSED

_TEXT = "text/plain; charset=utf-8"
TRIES = 5


def witnessed(objects: Objects) -> tuple[str, str]:
    """The note and its entity tag; an empty note and "absent" before the first."""
    try:
        data, etag = objects.read_with_etag(WITNESSED, limit=MAX_CHECKPOINT)
    except NotFound:
        return "", "absent"
    return data.decode("utf-8", "replace"), etag


def add_lines(objects: Objects, note: str, lines: Sequence[str]) -> str:
    """Keep lines for a published checkpoint; the note that stands afterwards, which may be a newer one.

    Lines for the same checkpoint are joined, whoever brought them. Raises ``LostRace`` when others keep being faster.
    """
    for _ in range(TRIES):
        present, etag = witnessed(objects)
        if present and size_of(present) > size_of(note):
            return present
        before = lines_of(present) if present and same_tree(present, note) else ()
        wanted = with_lines(note, (*before, *lines))
        if wanted == present:
            return present
        try:
            objects.write_if(WITNESSED, wanted.encode(), content_type=_TEXT, expects=etag)
        except LostRace:
            continue
        return wanted
    raise LostRace("somebody else keeps adding lines to the same checkpoint")
