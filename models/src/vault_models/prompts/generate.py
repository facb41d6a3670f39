"""Labelled prompts from templates and fillings; the same seed gives the same prompts.

Most names are invented, so that a classifier learns how names are spoken of rather than who is famous. Small letters
throughout, capitals throughout, missing quotation marks and fillers around the wish happen as they do in life.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from vault_models.prompts import clauses, fillings
from vault_models.prompts.templates import TEMPLATES

INTENTS = ("song", "artist", "clone")
SLOT = re.compile(r"\{([A-Z])\}")
COMPOSED = "en+"
EVERYWHERE = (
    "{G}", "{M} {I}", "{I}, {I}, {M}", "{E} {G}", "{G}, {I}, {E}", "{T}, {G}", "{G}. {M}. {I}.", "{N}, {G}, {M}",
    "{I} {E}",
    "{P}, {T}, {I}", "{G} {G} {M}", "{T}. {I}, {M}",
)  # fmt: skip
"""Descriptions that point at nobody, in the words of any language."""
WEIGHTS: Mapping[str, float] = {
    COMPOSED: 16, "en": 5, "de": 3, "fr": 2.5, "es": 2.5, "ru": 2.5, "ja": 2.5, "it": 1.5, "pt": 1.5, "ko": 2, "zh": 2,
    "nl": 0.7, "pl": 0.7, "sv": 0.5, "tr": 0.5,
}  # fmt: skip
GENERIC = 0.5
"""The share of prompts that point at nobody."""


@dataclass(frozen=True)
class Template:
    """One template with its language and intents."""

    language: str
    intents: frozenset[str]
    text: str


@dataclass(frozen=True)
class Labelled:
    """A prompt, the intents in it, and the template it came from."""

    text: str
    intents: frozenset[str]
    template: Template


def templates() -> tuple[Template, ...]:
    """All of ours."""
    found = []
    for language, text in TEMPLATES.items():
        for line in text.strip().splitlines():
            label, _, body = line.partition("|")
            intents = frozenset() if label == "-" else frozenset(label.split(","))
            if not intents <= set(INTENTS):
                raise ValueError(f"unknown intent in {line!r}")
            found.append(Template(language, intents, body))
        found += [Template(language, frozenset(), one) for one in EVERYWHERE]
    return tuple(found)


def composed() -> tuple[Template, ...]:
    """Every English clause as a template; parts are put around it when it is filled."""
    both = {"{X}": '"{S}"', "{Y}": '"{S}"'}, {"{X}": "{S} by {A}", "{Y}": "{A}"}
    found = [Template(COMPOSED, frozenset(), one) for one in clauses.listed(clauses.NEUTRAL)]
    for text, intents in (
        (clauses.ARTIST, {"artist"}), (clauses.SONG, {"song"}), (clauses.SONG_ARTIST, {"song", "artist"}),
        (clauses.COPY_ARTIST, {"clone", "artist"}),
    ):  # fmt: skip
        found += [Template(COMPOSED, frozenset(intents), one) for one in clauses.listed(text)]
    for named, intents in zip(both, ({"song", "clone"}, {"song", "clone", "artist"}), strict=True):
        for one in clauses.listed(clauses.COPY):
            found.append(Template(COMPOSED, frozenset(intents), _replaced(one, named)))
    return tuple(found)


def _replaced(text: str, named: Mapping[str, str]) -> str:
    for slot, meaning in named.items():
        text = text.replace(slot, meaning)
    return text


def prompts(seed: int, count: int, among: tuple[Template, ...] | None = None) -> Iterator[Labelled]:
    """``count`` prompts; languages by weight, half of them pointing at nobody."""
    rng = Random(seed)
    pools: dict[tuple[str, bool], list[Template]] = {}
    for one in among or (*templates(), *composed()):
        pools.setdefault((one.language, bool(one.intents)), []).append(one)
    languages = sorted({language for language, _ in pools})
    for _ in range(count):
        language = rng.choices(languages, [WEIGHTS[name] for name in languages])[0]
        points = rng.random() >= GENERIC
        pool = pools.get((language, points)) or pools[language, not points]
        template = rng.choice(pool)
        yield Labelled(_written(template, rng), template.intents, template)


def _written(template: Template, rng: Random) -> str:
    text, language = template.text, template.language
    style = rng.choices(("lower", "upper", "title", "sentence", "as it is"), (35, 3, 3, 39, 20))[0]
    if language == COMPOSED:
        text, language = _surrounded(text, bool(template.intents), rng), "en"
    if rng.random() < 0.3 and language in fillings.PREFIXES and not text.startswith(("{T}", "{G}", "{M} {I}")):
        text = rng.choice(fillings.PREFIXES[language].split("|")) + text
    if rng.random() < 0.3 and language in fillings.SUFFIXES:
        text += rng.choice(fillings.SUFFIXES[language].split("|"))
    text = SLOT.sub(lambda match: _fill(match[1], language, style == "lower", rng), text)
    if style != "lower" and rng.random() < 0.2 and template.intents:
        text = re.sub('["«»]', "", text)
    return _styled(text, style)


def _surrounded(clause: str, points: bool, rng: Random) -> str:
    """Descriptions of sound around a clause, in any order; without one now and then where it points at nobody."""
    around = rng.sample(clauses.PARTS, rng.choice((0, 1, 1, 2, 2, 3, 4)))
    said = around if not points and len(around) > 1 and rng.random() < 0.4 else [clause, *around]
    if rng.random() < 0.6:
        rng.shuffle(said)
    elif rng.random() < 0.6:
        said = [*said[1:], said[0]]
    return rng.choice((", ", ", ", ", ", ". ", " ", "; ", " with ", " - ")).join(said)


def _styled(text: str, style: str) -> str:
    changed = {
        "lower": text.lower(),
        "upper": text.upper(),
        "title": text.title(),
        "sentence": text[:1].upper() + text[1:],
    }
    return changed.get(style, text)


def _fill(slot: str, language: str, small: bool, rng: Random) -> str:
    if slot in "AB":
        return _artist(language, small, rng)
    if slot == "S":
        return _title(language, rng)
    if slot == "N":
        return _invented(rng) if rng.random() < 0.7 else rng.choice(fillings.PETS)
    if slot == "P":
        return rng.choice(fillings.PLACES)
    lists = {"G": fillings.GENRES, "M": fillings.MOODS, "I": fillings.INSTRUMENTS, "E": fillings.ERAS}
    chosen = lists.get(slot, fillings.THEMES)
    return rng.choice(chosen.get(language, chosen["en"]).split("|"))


def _artist(language: str, small: bool, rng: Random) -> str:
    """In small letters never a name of ordinary words alone: nothing would tell it from these."""
    native = fillings.NATIVE.get(language)
    if native and rng.random() < 0.5:
        return rng.choice(native)
    dice = rng.random()
    if dice < 0.25:
        return rng.choice(fillings.ARTISTS)
    if dice < 0.4 and not small:
        return " ".join(rng.sample(fillings.WORDS_OF_BANDS, 2))
    if dice < 0.5 and not small:
        return f"The {rng.choice(fillings.WORDS_OF_BANDS)}"
    return " ".join(_invented(rng) for _ in range(rng.choice((1, 1, 2, 2, 2, 3))))


def _title(language: str, rng: Random) -> str:
    native = fillings.NATIVE_TITLES.get(language)
    if native and rng.random() < 0.6:
        return rng.choice(native)
    if rng.random() < 0.4:
        return rng.choice(fillings.TITLES)
    if rng.random() < 0.5:
        return " ".join(rng.sample(fillings.WORDS_OF_BANDS, rng.choice((1, 2, 3))))
    words = [_invented(rng), rng.choice(("of the", "in", "and", "my", "Is", "Tonight", "Forever")), _invented(rng)]
    return " ".join(words[: rng.choice((1, 3))])


def _invented(rng: Random) -> str:
    return "".join(rng.choice(fillings.SYLLABLES) for _ in range(rng.choice((2, 2, 3)))).capitalize()
