"""The licence solver: may these sources be used together like this?

Three answers, and an order: refused < unknown < allowed. A combination gets the
lowest answer of all its constraints, so a further source never widens anything,
and what is not known is never permission: only ``allowed`` grants.

A source is described facet by facet, because a publisher's licence on a list of
songs says nothing of the songs. What each licence means for each use stands in
``LICENCES``; a licence that is not in that table is unknown, whatever its name
promises.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from vault_domain.records import Value
from vault_domain.rights import LICENCE as VAULT

Use = Literal["metadata_join", "reference_index", "eval_only", "train_features", "train_generative", "redistribute"]
USES: tuple[Use, ...] = get_args(Use)
TRAINING: frozenset[Use] = frozenset({"train_features", "train_generative"})
Facet = Literal["metadata", "features", "recording", "composition", "personal_data"]
FACETS: tuple[Facet, ...] = get_args(Facet)
LicenceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,59}$")]

ABSENT = "absent"
"""The source has nothing of this facet: no licence, and no constraint."""
UNKNOWN = "unknown"
PER_ITEM = "per-item-open"
"""Each item has its own licence, and only CC0, public domain and CC BY were let in."""
CONTRACT = "contract"
PERSONAL = "personal-data"


class Answer(StrEnum):
    """What may be said of a use."""

    REFUSED = "refused"
    UNKNOWN = "unknown"
    ALLOWED = "allowed"

    @property
    def rank(self) -> int:
        """Higher permits more."""
        return _ORDER.index(self)


_ORDER = (Answer.REFUSED, Answer.UNKNOWN, Answer.ALLOWED)


class Rights(Value):
    """The licence of each facet of a source; what nobody stated is unknown."""

    metadata: LicenceId = UNKNOWN
    features: LicenceId = UNKNOWN
    recording: LicenceId = UNKNOWN
    composition: LicenceId = UNKNOWN
    personal_data: LicenceId = UNKNOWN

    def present(self) -> tuple[tuple[Facet, str], ...]:
        """The facets that the source has, with their licences."""
        return tuple((facet, getattr(self, facet)) for facet in FACETS if getattr(self, facet) != ABSENT)


class Constraint(Value):
    """One ground for or against a use, in a sentence."""

    source: str = Field(max_length=120)
    use: Use
    answer: Answer
    rule: str = Field(max_length=60)
    """What was looked at: ``tier``, ``use``, ``licence:<facet>``, ``review``, ``gate:<name>``, ..."""
    sentence: str = Field(max_length=400)


class Verdict(Value):
    """The answer to a combination, with every constraint, the most restrictive first."""

    answer: Answer
    granted: bool
    constraints: tuple[Constraint, ...]

    def against(self) -> tuple[Constraint, ...]:
        """What stands in the way."""
        return tuple(one for one in self.constraints if one.answer is not Answer.ALLOWED)


def strictest(answers: Iterable[Answer]) -> Answer:
    """The lowest of the answers; of none at all, nothing is known."""
    return min(answers, key=lambda answer: answer.rank, default=Answer.UNKNOWN)


def solve(constraints: Iterable[Constraint]) -> Verdict:
    """The verdict on everything that was looked at; ``granted`` only if each constraint allows."""
    ordered = tuple(sorted(constraints, key=lambda one: (one.answer.rank, one.source, one.rule, one.use, one.sentence)))
    answer = strictest(one.answer for one in ordered)
    return Verdict(answer=answer, granted=answer is Answer.ALLOWED, constraints=ordered)


def means(licence: str, use: Use) -> Answer:
    """What a licence says of a use; nothing is known of one that is not in the table."""
    return LICENCES.get(licence, {}).get(use, Answer.UNKNOWN)


def of_rights(source: str, rights: Rights, use: Use) -> tuple[Constraint, ...]:
    """One constraint for each facet that the source has; a source of which nothing is stated is unknown."""
    found = tuple(_of_facet(source, facet, licence, use) for facet, licence in rights.present())
    if found:
        return found
    return (
        Constraint(
            source=source, use=use, answer=Answer.UNKNOWN, rule="licence",
            sentence=f"{source} states no licence for anything in it, so {_FOR[use]} is not known to be allowed.",
        ),
    )  # fmt: skip


def needs_attribution(rights: Rights) -> bool:
    """Whether some licence here asks that its authors be named."""
    return any(licence in _NAMES_AUTHORS for _, licence in rights.present())


def words_for(use: Use) -> str:
    """The use in words, for sentences."""
    return _FOR[use]


def _of_facet(source: str, facet: Facet, licence: str, use: Use) -> Constraint:
    answer = means(licence, use)
    verb = {
        Answer.ALLOWED: "allows",
        Answer.REFUSED: "does not allow",
        Answer.UNKNOWN: "is not known to allow",
    }[answer]
    sentence = f"The {facet.replace('_', ' ')} of {source} is under {licence}, which {verb} {_FOR[use]}."
    return Constraint(source=source, use=use, answer=answer, rule=f"licence:{facet}", sentence=sentence)


_FOR: dict[Use, str] = {
    "metadata_join": "joining its metadata with other data",
    "reference_index": "comparing music with it in an index",
    "eval_only": "evaluating with it",
    "train_features": "training models that recognise or rank",
    "train_generative": "training models that generate music",
    "redistribute": "passing it on",
}


def _row(letters: str) -> dict[Use, Answer]:
    """One letter for each of ``USES``: a(llowed), u(nknown), r(efused)."""
    named = {answer.value[0]: answer for answer in Answer}
    return {use: named[letter] for use, letter in zip(USES, letters, strict=True)}


# Columns: metadata_join reference_index eval_only train_features train_generative redistribute.
# Share-alike stays unknown where it might reach an index or a model: that is counsel's question, not ours.
LICENCES: dict[str, dict[Use, Answer]] = {
    "CC0-1.0": _row("aaaaaa"),
    "public-domain": _row("aaaaaa"),
    "CC-BY-3.0": _row("aaaaaa"),
    "CC-BY-4.0": _row("aaaaaa"),
    "ODC-By-1.0": _row("aaaaaa"),
    "Apache-2.0": _row("aaaaaa"),
    PER_ITEM: _row("aaaaaa"),
    "CC-BY-SA-3.0": _row("uuauuu"),
    "CC-BY-SA-4.0": _row("uuauuu"),
    "CC-BY-NC-3.0": _row("rrarrr"),
    "CC-BY-NC-4.0": _row("rrarrr"),
    "CC-BY-NC-SA-3.0": _row("rrarrr"),
    "CC-BY-NC-SA-4.0": _row("rrarrr"),
    "CC-BY-NC-ND-4.0": _row("rrarrr"),
    "CC-BY-ND-4.0": _row("rrarrr"),
    "sampling-plus": _row("rrurrr"),
    "non-commercial": _row("rrarrr"),
    "academic-only": _row("rrarrr"),
    CONTRACT: _row("aaaaar"),
    VAULT: _row("raaaar"),
    PERSONAL: _row("uraaur"),
    "prohibited": _row("rrrrrr"),
    UNKNOWN: _row("uuuuuu"),
}  # fmt: skip
_NAMES_AUTHORS = frozenset({"CC-BY-3.0", "CC-BY-4.0", "ODC-By-1.0", "Apache-2.0", PER_ITEM})
