"""Everything that is found in one prompt, for ``vault_domain.prompts`` to decide on."""

from vault_domain.prompts import NamedArtist, Signs

from vault_prompts.classifier import Chances, Classifier
from vault_prompts.cues import announced, around, asks_copy, asks_cover, meant, titles
from vault_prompts.names import NameIndex
from vault_prompts.reading import Word, clean, words

_PLAIN_HOW = frozenset({"exact", "written"})


def signs_of(prompt: str, names: NameIndex | None, classifier: Classifier) -> Signs:
    """Names, phrases and the classifier's chances; ``names`` is None when no list could be read.

    A disguised prompt is judged twice, as it is written and as it is meant, and the higher chances count.
    """
    cleaned = clean(prompt)
    found_words = words(cleaned)
    chances = _chances(cleaned, found_words, classifier)
    artists = _artists(cleaned, found_words, names) if names is not None else ()
    return Signs(
        artists=artists,
        song=chances.song,
        artist=chances.artist,
        clone=chances.clone,
        limits=classifier.limits,
        copy_phrase=asks_copy(cleaned),
        cover_phrase=asks_cover(cleaned),
        quoted=titles(cleaned),
        announced=announced(cleaned, found_words),
        names_read=names is not None,
    )


def _artists(cleaned: str, found_words: tuple[Word, ...], names: NameIndex) -> tuple[NamedArtist, ...]:
    made: dict[str, NamedArtist] = {}
    for one in names.find(cleaned, found_words):
        seen = around(one, found_words, cleaned)
        if meant(one, seen):
            known = one.known
            artist = NamedArtist(known.name, known.source, known.participating, one.how in _PLAIN_HOW, seen.negated)
            if known.name not in made or made[known.name].negated:  # said twice, the wish counts and not the warning
                made[known.name] = artist
    return tuple(made.values())


def _chances(cleaned: str, found_words: tuple[Word, ...], classifier: Classifier) -> Chances:
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
