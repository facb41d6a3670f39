"""One witness, asked about one checkpoint."""

from dataclasses import dataclass
from typing import Literal

from vault_domain.checkpoints import NoteKey, open_checkpoint
from vault_domain.errors import SourceUnavailable
from vault_domain.witnesses import Witness, known_size, line_of, same_tree, size_of, submission
from vault_edge.outbound import Answered, post_text
from vault_store.log_reader import LogReader
from vault_store.signer import verify

MAX_ANSWER = 16 * 1024
Said = Literal["signed", "signed before", "ahead", "inconsistent", "refused", "busy", "unreachable", "unreadable"]


@dataclass(frozen=True)
class Asked:
    """What became of it; ``line`` is the witness's signature, checked."""

    name: str
    said: Said
    line: str = ""


def ask_one(witness: Witness, note: str, before: str, log: NoteKey, reader: LogReader) -> Asked:
    """Ask from the size that we know it to have signed, and once more from the size that it names itself."""
    known = _signed(witness, before, log)
    if known and same_tree(before, note):
        return Asked(witness.key.name, "signed before")
    try:
        answer = _sent(witness, size_of(before) if known else 0, note, reader)
        if answer.status == 409:
            theirs = known_size(answer.body)
            if theirs > size_of(note):
                return Asked(witness.key.name, "ahead")
            answer = _sent(witness, theirs, note, reader)
            if answer.status == 409 and known_size(answer.body) != theirs:
                return Asked(witness.key.name, "busy")
        if answer.status == 200:
            return Asked(witness.key.name, "signed", line_of(answer.body, note, log, witness.key, verify))
    except SourceUnavailable:
        return Asked(witness.key.name, "unreachable")
    except ValueError:
        return Asked(witness.key.name, "unreadable")
    return Asked(witness.key.name, "inconsistent" if answer.status in (409, 422) else "refused")


def _signed(witness: Witness, note: str, log: NoteKey) -> bool:
    """Whether the note that we keep carries this witness's signature."""
    try:
        return bool(note) and witness.key.name in open_checkpoint(note, log, verify, [witness.key]).cosigned
    except ValueError:
        return False


def _sent(witness: Witness, old: int, note: str, reader: LogReader) -> Answered:
    path = reader.consistency(old, size_of(note))
    return post_text(witness.address, submission(old, path, note), limit=MAX_ANSWER)
