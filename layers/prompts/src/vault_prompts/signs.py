"""Everything that is found in one prompt, for ``vault_domain.prompts`` to decide on."""

from vault_domain.prompts import NamedArtist, Signs

from vault_prompts.avoided import Stretch, stretches, without
from vault_prompts.classifier import Chances, Classifier
from vault_prompts.cues import announced, around, asks_copy, asks_cover, meant, quoted, wishes
from vault_prompts.known_titles import TitleIndex
from vault_prompts.names import Found, NameIndex
from vault_prompts.own import claims_own
from vault_prompts.phrases import CHAINED
from vault_prompts.reading import Word, clean, words
from vault_prompts.titled import Told, names_title

_PLAIN_HOW = frozenset({"exact", "written"})
Avoided = tuple[Stretch, ...]


def signs_of(
    prompt: str, names: NameIndex | None, classifier: Classifier, known_titles: TitleIndex | None = None
) -> Signs:
    """Names, phrases and the classifier's chances; ``names`` is None when no list could be read.

    What is to be avoided counts for nothing but its names, which are marked; the classifier does not read it. A
    disguised prompt is judged twice, as it is written and as it is meant, and the higher chances count.
    """
    cleaned = clean(prompt)
    found_words = words(cleaned)
    avoided = stretches(cleaned, found_words)
    finds = _meant(cleaned, found_words, names, avoided) if names is not None else ()
    told = Told(cleaned, found_words, [(one.first, one.last) for one, _ in finds], avoided)
    titled = names_title(told)
    asked = known_titles.asked(told, [one for one, _ in finds]) if known_titles is not None else ()
    asked_for = tuple(dict.fromkeys(one.title for one in asked if not _turned(one.first, avoided)))
    titles = quoted(cleaned, found_words)
    wanted = tuple(one for one in titles if not _turned(one.word, avoided))
    unread = [
        *((found_words[one.first].start, found_words[one.last].end) for one, negated in finds if negated),
        *((one.start, one.end) for one in titles if one not in wanted),
    ]
    said = _said(cleaned, avoided, unread)
    chances = _chances(said, words(said), classifier)
    return Signs(
        artists=_artists(finds),
        song=chances.song,
        artist=chances.artist,
        clone=chances.clone,
        limits=classifier.limits,
        copy_phrase=asks_copy(cleaned, avoided),
        cover_phrase=asks_cover(cleaned, avoided),
        quoted=tuple(one.text for one in wanted),
        announced=announced(cleaned, found_words, wanted) or titled,
        avoided=len(wanted) < len(titles) or any(_turned(one.first, avoided) for one in asked),
        own=not titled and claims_own(cleaned, wishes(cleaned, avoided), [(one.start, one.end) for one in wanted]),
        names_read=names is not None,
        titles=asked_for,
    )


def _meant(
    cleaned: str, found_words: tuple[Word, ...], names: NameIndex, avoided: Avoided
) -> tuple[tuple[Found, bool], ...]:
    """The names that are meant as artists, and whether each is to be avoided."""
    made: list[tuple[Found, bool]] = []
    for one in names.find(cleaned, found_words):
        if meant(one, around(one, found_words, cleaned)):
            between = found_words[made[-1][0].last + 1 : one.first] if made else ()
            chained = bool(made) and made[-1][1] and len(between) == 1 and between[0].plain in CHAINED
            made.append((one, chained or _turned(one.first, avoided)))
    return tuple(made)


def _turned(word: int, avoided: Avoided) -> bool:
    return any(one.turns_from(word) for one in avoided)


def _artists(finds: tuple[tuple[Found, bool], ...]) -> tuple[NamedArtist, ...]:
    made: dict[str, NamedArtist] = {}
    for one, negated in finds:
        known = one.known
        if known.name not in made or made[known.name].negated:  # said twice, the wish counts and not the warning
            made[known.name] = NamedArtist(
                known.name, known.source, known.participating, one.how in _PLAIN_HOW, negated
            )  # fmt: skip
    return tuple(made.values())


def _said(cleaned: str, avoided: Avoided, unread: list[tuple[int, int]]) -> str:
    """The text without what is avoided: names, titles and copies, each with the words that turn from it."""
    gone = list(unread)
    for one in avoided:
        before_one = any(one.end <= start <= one.end + 2 or one.covers(start, end) for start, end in unread)
        if before_one or _copies(cleaned[one.start : one.end]):
            gone.append((one.start, one.end))
    return without(cleaned, gone) if gone else cleaned


def _copies(part: str) -> bool:
    return asks_copy(part) or asks_cover(part)


def _chances(cleaned: str, found_words: tuple[Word, ...], classifier: Classifier) -> Chances:
    if not found_words:
        return Chances(0.0, 0.0, 0.0)
    first = classifier.judge(cleaned)
    meant_text = _undisguised(cleaned, found_words)
    if meant_text == cleaned:
        return first
    second = classifier.judge(meant_text)
    return Chances(
        max(first.song, second.song), max(first.artist, second.artist), max(first.clone, second.clone)
    )  # fmt: skip


def _undisguised(cleaned: str, found_words: tuple[Word, ...]) -> str:
    """The text with disguised words as they are meant, and words of single letters joined."""
    made, at = [], 0
    for word in found_words:
        made.append(cleaned[at : word.start])
        latin = not word.foreign
        made.append(word.readings[-1] if latin and len(word.readings) > 1 and _disguised(word) else word.text)
        at = word.end
    return "".join([*made, cleaned[at:]])


def _disguised(word: Word) -> bool:
    return any(char in "0134578@$!|" for char in word.text) or not word.text.replace("'", "").isascii()
