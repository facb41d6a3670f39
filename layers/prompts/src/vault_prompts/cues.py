"""What stands around a name, and which phrases ask for a song or a copy.

Cues are compared with the plain ASCII readings of words, so "À la manière de" is "a la maniere de" and "в стиле" is
"v stile". A **strong** cue announces somebody's manner ("in the style of"); a **weak** one is also ordinary use
("like", "by"). Negations turn a cue round: ``vault_prompts.avoided``.

Ordinary words that are names ("Queen", "Kiss", "Air") count only as follows: after a strong cue without an article
between; after a weak cue or before a word such as "song" or "style" when written with a capital that is not owed to the
start of a sentence, in a text where capitals say something. Misspellings need a cue or such a capital as well.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from vault_prompts.avoided import Stretch
from vault_prompts.names import VAULT, Found
from vault_prompts.phrases import AFTER, ARTICLES, STRONG, TITLED, WEAK, ends_with, phrases
from vault_prompts.reading import Word

Strength = Literal["none", "weak", "strong"]
LONG_NAME = 11
"""Letters from which on even a misspelt name of several words needs no cue."""


_COPY = re.compile(
    r"\b(?:exact(?:ly)? (?:like|as(?! long)|the (?:same|way)|same|what|cop(?:y|ies)|replica|clone|remake|reproduction|"
    r"recreation|duplicate|cover|match|tune|melody|song|sound\w*)|sounds? exactly|"
    r"identical (?:to|with|twin|cop(?:y|ies)|version|melody|tune|song|track|arrangement|voices?|vocals)|"
    r"note[ -]for[ -]note|one[ -]to[ -]one|1:1|carbon copy|same melody|"
    r"same lyrics|word for word|indistinguishable|perfect (?:copy|replica|clone)|recreate|re-create|replicate|"
    r"duplicate|clone|copy(?:ing)?|rip[ -]?off|"
    r"plagiari[sz]e|soundalike|sound-alike|copie|kopie|kopier\w*|klon\w*|nachbau\w*|"
    r"exakt(?:e[mnrs]?)? (?:wie|so|gleich\w*|das ?selbe|die ?selbe|der ?selbe|nach\w*|kopie|som|likadan\w*)|"
    r"identisch|"
    r"cop(?:ie|ia)\w*|copi[áa]\w*|recr[ée]{1,2}\w*|clona\w*|igualita|"
    r"id[ée]nti(?:c[ao]|que)|reproduc\w*|reproduis\w*|"
    r"replica\w*|kopieer\w*|skopiuj|kopia|odtw[óo]rz)\b"
    r"|скопиру\w+|копи[юяи]\w*|воссозда\w+|один в один|コピー|そっくり|完コピ|再現"
    r"|복제|똑같|복사|그대로|复制|複製|翻录|照搬|一模一样|一模一樣",
    re.IGNORECASE,
)
_COVER = re.compile(
    r"\b(?:cover(?:s|ed|version)?|remix(?:ed)?|remake|rendition|re-?record\w*|reprise|versi[óo]n|vers[ãa]o|versione|karaoke|"
    r"mash-?up|tribute|reinterpret\w*|neuauflage)\b|кавер|ремикс|перепой|カバー|リミックス|커버|리메이크|翻唱|改编|重製",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"[\"“”„«‹](?P<a>[^\"“”„«»‹›]{2,80})[\"“”»›]|「(?P<b>[^」]{1,40})」|『(?P<c>[^』]{1,40})』|《(?P<d>[^》]{1,40})》"
)
_AFTER_TITLE = re.compile(r"(?:みたい|のよう|風|っぽい|같은|처럼|一样|那样|般的|(?:的)?风格)")
_SENTENCE = re.compile(r"[.!?:;。！？]\s*[\"“„«'(\[]*$")
_INFORMATIVE = 0.6


_TITLE_PHRASES, _STRONG_PHRASES, _WEAK_PHRASES = phrases(TITLED), phrases(STRONG), phrases(WEAK)


@dataclass(frozen=True, slots=True)
class Around:
    """What is around a name."""

    cue: Strength
    after: bool
    article: bool
    capital: bool
    quoted: bool
    uneven: bool
    """Several words of which the first has a capital and another has none: "Tom waits at the station"."""


def around(found: Found, found_words: Sequence[Word], cleaned: str) -> Around:
    """Look left and right of a name."""
    before = [word.plain for word in found_words[max(0, found.first - 7) : found.first]]
    article = bool(before) and before[-1] in ARTICLES and before[-2:] not in (["a", "la"],)
    stem = before[:-1] if article else before
    following = found_words[found.last + 1].plain if found.last + 1 < len(found_words) else ""
    name = cleaned[found_words[found.first].start : found_words[found.last].end]
    genitive = bool(re.search("['’´`][sS]$", name))
    start, end = found_words[found.first].start, found_words[found.last].end
    cue: Strength = "weak" if ends_with(before, _WEAK_PHRASES) else "none"
    if ends_with(before, _STRONG_PHRASES) or ends_with(stem, _STRONG_PHRASES):
        cue = "strong"
    return Around(
        cue=cue,
        after=following in AFTER or genitive,
        article=article,
        capital=_tells(found, found_words, cleaned),
        uneven=_uneven(found_words[found.first : found.last + 1]),
        quoted=any(match.start() <= start and end <= match.end() for match in _QUOTED.finditer(cleaned)),
    )  # fmt: skip


def meant(found: Found, seen: Around) -> bool:
    """Whether a found name is meant as an artist."""
    if found.common:
        if found.how not in ("exact", "squeezed"):
            return False
        if seen.cue == "strong":
            return seen.capital or not seen.article
        return (
            seen.capital and not seen.quoted and (not seen.article or seen.after) and (seen.cue == "weak" or seen.after)
        )
    if seen.uneven and seen.cue == "none" and not seen.after:
        return False
    if found.how in ("exact", "written"):
        return (
            found.known.source != VAULT or found.last > found.first or seen.cue != "none" or seen.capital or seen.after
        )
    several = found.last > found.first and len(found.known.name) >= LONG_NAME
    return several or seen.cue != "none" or seen.after or seen.capital or found.how == "squeezed"


def asks_copy(cleaned: str, avoided: Sequence[Stretch] = ()) -> bool:
    """Whether a phrase asks for a copy."""
    return _asked(_COPY, cleaned, avoided)


def asks_cover(cleaned: str, avoided: Sequence[Stretch] = ()) -> bool:
    """Whether a phrase asks for a cover, remix or version."""
    return _asked(_COVER, cleaned, avoided)


def titles(cleaned: str) -> tuple[str, ...]:
    """What stands in quotation marks."""
    return tuple(title.text for title in quoted(cleaned, ()))


@dataclass(frozen=True, slots=True)
class Title:
    """What stands in quotation marks, and where, marks included."""

    text: str
    start: int
    end: int
    word: int
    """The first word inside; beyond the last where there is none."""


def quoted(cleaned: str, found_words: Sequence[Word]) -> tuple[Title, ...]:
    """Every quotation."""
    made = []
    for match in _QUOTED.finditer(cleaned):
        word = next((n for n, one in enumerate(found_words) if one.end > match.start()), len(found_words))
        made.append(Title(next(part for part in match.groups() if part), match.start(), match.end(), word))
    return tuple(made)


def announced(cleaned: str, found_words: Sequence[Word], among: Sequence[Title] | None = None) -> bool:
    """Whether a title in quotation marks is what the music is to be like: 'close to "..."', '「...」みたいな'."""
    for title in quoted(cleaned, found_words) if among is None else among:
        before = [word.plain for word in found_words[: title.word]][-7:]
        if (
            ends_with(before, _TITLE_PHRASES)
            or ends_with(before, _STRONG_PHRASES)
            or _AFTER_TITLE.match(cleaned, title.end)
        ):
            return True
    return False


def wishes(cleaned: str, avoided: Sequence[Stretch] = ()) -> tuple[tuple[int, int], ...]:
    """Where phrases ask for a copy, a cover or a version."""
    return tuple(span for pattern in (_COPY, _COVER) for span in _spans(pattern, cleaned, avoided))


def _asked(pattern: re.Pattern[str], cleaned: str, avoided: Sequence[Stretch]) -> bool:
    return any(True for _ in _spans(pattern, cleaned, avoided))


def _spans(pattern: re.Pattern[str], cleaned: str, avoided: Sequence[Stretch]) -> Iterator[tuple[int, int]]:
    found = (match.span() for match in pattern.finditer(cleaned))
    return (span for span in found if not any(one.covers(*span) for one in avoided))


def _uneven(parts: Sequence[Word]) -> bool:
    capitals = [one.capital for one in parts if one.text[0].isalpha() and len(one.text) > 2]
    return len(capitals) > 1 and capitals[0] and not all(capitals)


def _tells(found: Found, found_words: Sequence[Word], cleaned: str) -> bool:
    """A capital that is owed to no start of a sentence, where not everything is capitalised."""
    word = found_words[found.first]
    if not word.capital or found.first == 0 or _SENTENCE.search(cleaned[: word.start].rstrip()):
        return False
    others = [
        one for place, one in enumerate(found_words) if not found.first <= place <= found.last and one.text.isalpha()
    ]
    capitals = sum(one.capital for one in others)
    return bool(others) and capitals / len(others) < _INFORMATIVE
