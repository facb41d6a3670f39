"""The registry of outside datasets: what each may be used for, on what evidence, and until when.

Nothing from outside is used but as a registered pack. A registration states a
tier, the licence of each facet, the uses, and the gates that have to be passed
first. :func:`constraints` turns that into grounds for the licence solver, and
fails closed: no licence text on file, a gate not passed, a review older than
six months or an attribution ledger that is lacking each leave the answer
unknown, and unknown is refused.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from vault_domain.canonical import Json, canonical
from vault_domain.errors import BadRequest
from vault_domain.licences import (
    ABSENT,
    CONTRACT,
    PER_ITEM,
    PERSONAL,
    UNKNOWN,
    USES,
    Answer,
    Constraint,
    Rights,
    Use,
    Verdict,
    means,
    needs_attribution,
    of_rights,
    solve,
    words_for,
)
from vault_domain.records import Record, Sha256, UtcTime, Value
from vault_domain.rights import LICENCE
from vault_domain.sealing import word_hash
from vault_domain.submission import Line

REVIEW_LIFE = timedelta(days=182)
"""Six months: licences change, and so do publishers' minds."""
KEY = "datasets"

Tier = Literal["production_approved", "research_only", "blocked"]
USES_OF_TIER: dict[Tier, frozenset[Use]] = {
    "production_approved": frozenset(USES),
    "research_only": frozenset({"eval_only"}),
    "blocked": frozenset(),
}
Gate = Literal[
    "item_filter", "uploader_preferences", "fingerprint_screen", "privacy_assessment", "item_manifest", "isolation",
    "contract", "counsel",
]  # fmt: skip
GATE_MEANS: dict[Gate, str] = {
    "item_filter": "only items under CC0, public domain or CC BY were let in",
    "uploader_preferences": "uploaders' AI preferences and download flags were applied at this build",
    "fingerprint_screen": "its audio was screened for commercial recordings",
    "privacy_assessment": "a data protection impact assessment was made, and deletions are followed",
    "item_manifest": "a manifest names version, hash, licence and author of each item",
    "isolation": "it is stored apart, and nothing made from it is promoted",
    "contract": "a contract or paid plan is on file",
    "counsel": "counsel has answered the open question on it",
}
DatasetId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,59}$")]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]


class LicenceText(Value):
    """A licence text that somebody read: where, when, and which bytes."""

    address: str = Field(min_length=1, max_length=500)
    sha256: Sha256
    read: UtcTime


class GatePassed(Value):
    """Evidence that a gate was passed."""

    gate: Gate
    evidence: Sentence
    at: UtcTime


class Ledger(Value):
    """The attribution ledger of a pack, kept beside it: one line per item with author, title, licence, source."""

    sha256: Sha256
    items: int = Field(ge=1)


class DatasetAsk(Value):
    """The body of POST /datasets: a whole registration, and why it is made."""

    dataset_id: DatasetId
    title: Line
    tier: Tier
    rights: Rights
    allowed_uses: tuple[Use, ...] = Field(default=(), max_length=len(USES))
    required_gates: tuple[Gate, ...] = Field(default=(), max_length=len(GATE_MEANS))
    gates_passed: tuple[GatePassed, ...] = Field(default=(), max_length=len(GATE_MEANS))
    licence_texts: tuple[LicenceText, ...] = Field(default=(), max_length=20)
    ledger: Ledger | None = None
    reviewed: UtcTime
    reason: str = Field(min_length=10, max_length=1000)

    @model_validator(mode="after")
    def _coherent(self) -> "DatasetAsk":
        if len(set(self.allowed_uses)) != len(self.allowed_uses):
            raise ValueError("a use is named twice")
        if len({one.gate for one in self.gates_passed}) != len(self.gates_passed):
            raise ValueError("a gate is passed twice")
        if beyond := set(self.allowed_uses) - USES_OF_TIER[self.tier]:
            raise ValueError(f"the tier {self.tier} does not reach to {', '.join(sorted(beyond))}")
        if self.rights.personal_data not in (ABSENT, PERSONAL, UNKNOWN):
            raise ValueError(f"no licence clears data on persons: {ABSENT}, {PERSONAL} or {UNKNOWN}")
        for facet, licence in self.rights.present():
            if licence == LICENCE:
                raise ValueError(f"{LICENCE} is what contributors grant to the vault, not a licence of outside data")
            for use in self.allowed_uses:
                if means(licence, use) is Answer.REFUSED:
                    raise ValueError(f"the licence of its {facet}, {licence}, refuses {use}")
        return self


class Dataset(Record):
    """A registered outside dataset, as registered last; each registration stays as a :class:`Registration`."""

    table: ClassVar[str] = "packs"
    kind: ClassVar[str] = "dataset"

    entry: DatasetAsk
    number: int = Field(ge=1)
    """Counts the registrations of this dataset."""
    registered_by: str
    at: UtcTime
    salt: str | None = Field(default=None, max_length=40)
    """The log's hashes of the words in ``entry`` are under it."""

    def key(self) -> tuple[str, str]:
        return KEY, f"{self.kind}#{self.entry.dataset_id}"

    @property
    def review_ends(self) -> datetime:
        """From then on every answer is unknown, until somebody reads the licence anew."""
        return self.entry.reviewed + REVIEW_LIFE


class Registration(Record):
    """One registration as it was made, written once."""

    table: ClassVar[str] = "packs"
    kind: ClassVar[str] = "registration"

    made: Dataset

    def key(self) -> tuple[str, str]:
        return f"{Dataset.kind}:{self.made.entry.dataset_id}", f"{self.kind}#{self.made.number:06d}"


class CombineAsk(Value):
    """The body of POST /datasets/combine: packs as a run would name them, each with its use."""

    uses: dict[str, Use] = Field(min_length=1, max_length=50)


def register(present: Dataset | None, ask: DatasetAsk, by: str, salt: str, now: datetime) -> Dataset:
    """The next registration; the present one again when it would change nothing. Raises ``BadRequest`` for a date
    to come."""
    if ask.reviewed > now or any(text.read > now for text in ask.licence_texts):
        raise BadRequest("a review or a reading can't lie in the future")
    if present is not None and present.entry == ask:
        return present
    number = present.number + 1 if present else 1
    return Dataset(entry=ask, number=number, registered_by=by, at=now, salt=salt)


def event_facts(dataset: Dataset) -> Json:
    """What the event of a registration says of it; an admin's words, and the entry with them, as salted hashes."""
    entry, salt = dataset.entry.model_dump(mode="json"), dataset.salt or ""
    kept = ("title", "tier", "rights", "allowed_uses", "required_gates", "licence_texts", "ledger", "reviewed")
    return {
        "number": dataset.number,
        "entry_hash": word_hash(salt, canonical(entry).decode("utf-8")),
        "reason_hash": word_hash(salt, entry["reason"]),
        "gates_passed": [
            {"gate": one["gate"], "at": one["at"], "evidence_hash": word_hash(salt, one["evidence"])}
            for one in entry["gates_passed"]
        ],
        **{name: entry[name] for name in kept},
    }


def gates_of(entry: DatasetAsk) -> tuple[Gate, ...]:
    """Every gate that has to be passed: those that were named, and those that its rights bring with them."""
    found: set[Gate] = set(entry.required_gates)
    licences = {licence for _, licence in entry.rights.present()}
    if PER_ITEM in licences:
        found |= {"item_filter", "item_manifest"}
        if entry.rights.recording != ABSENT:
            found |= {"uploader_preferences", "fingerprint_screen"}
    if CONTRACT in licences:
        found.add("contract")
    if entry.rights.personal_data != ABSENT:
        found.add("privacy_assessment")
    if entry.tier == "research_only":
        found.add("isolation")
    return tuple(sorted(found))


def constraints(name: str, dataset: Dataset | None, use: Use, now: datetime) -> tuple[Constraint, ...]:
    """Every ground for or against this use of a dataset; one that is not registered is unknown."""
    if dataset is None:
        sentence = f"{name} is not a registered pack, so nothing of it may be used."
        return (Constraint(source=name, use=use, answer=Answer.UNKNOWN, rule="registration", sentence=sentence),)
    return (*_of_entry(dataset, use, now), *of_rights(name, dataset.entry.rights, use))


def verdict(name: str, dataset: Dataset | None, use: Use, now: datetime) -> Verdict:
    """Whether this dataset may be used like this now."""
    return solve(constraints(name, dataset, use, now))


def _of_entry(dataset: Dataset, use: Use, now: datetime) -> Iterator[Constraint]:
    entry = dataset.entry
    name = entry.dataset_id

    def say(rule: str, answer: Answer, sentence: str) -> Constraint:
        return Constraint(source=name, use=use, answer=answer, rule=rule, sentence=sentence)

    reaches = use in USES_OF_TIER[entry.tier]
    words = "which reaches to" if reaches else "which does not reach to"
    yield say("tier", _if(reaches, Answer.REFUSED), f"{name} is in the tier {entry.tier}, {words} {words_for(use)}.")
    listed = use in entry.allowed_uses
    words = "is registered for" if listed else "is not registered for"
    yield say("use", _if(listed, Answer.REFUSED), f"{name} {words} {words_for(use)}.")
    texts = len(entry.licence_texts)
    words = f"has {texts} licence text{'s' * (texts != 1)} on file, by hash and date"
    yield say("licence_text", _if(texts > 0), f"{name} {words if texts else 'has no licence text on file'}.")
    fresh = now < dataset.review_ends
    words = "counts until" if fresh else "ran out on"
    yield say("review", _if(fresh), f"The review of {name} {words} {dataset.review_ends:%Y-%m-%d}.")
    if needs_attribution(entry.rights):
        words = f"has an attribution ledger of {entry.ledger.items} items" if entry.ledger else "lacks the ledger"
        yield say(
            "attribution", _if(entry.ledger is not None), f"{name} {words} that its licence asks to name authors by."
        )
    passed = {one.gate for one in entry.gates_passed}
    for gate in gates_of(entry):
        words = "is passed" if gate in passed else "is not passed"
        yield say(f"gate:{gate}", _if(gate in passed), f"The gate {gate} of {name} {words}: {GATE_MEANS[gate]}.")


def _if(holds: bool, otherwise: Answer = Answer.UNKNOWN) -> Answer:
    return Answer.ALLOWED if holds else otherwise


def uses_now(name: str, dataset: Dataset | None, now: datetime) -> dict[str, str]:
    """The answer for each use."""
    return {use: verdict(name, dataset, use, now).answer.value for use in USES}


def sentences(found: Iterable[Constraint], most: int = 6) -> str:
    """The first constraints as running text, for a refusal."""
    return " ".join(one.sentence for one in list(found)[:most])
