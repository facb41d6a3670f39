"""A prompt as words, each with the ways in which it may be meant to be read.

1. NFKC, without invisible characters; accents stay until a word is read. 2. Words: runs of letters and digits with the
signs that stand for letters inside them ("P!nk", "Ke$ha"), cut where Han, Kana and Hangul meet anything else,
since those scripts write no spaces. 3. Runs of single letters ("D a f t", "D.a.f.t") become one word. 4. Readings of a
word, the plainest first: as it is, by what its letters look like, by what other scripts sound like, digits and signs as
the letters they resemble. All are ASCII small letters and digits.

The same text gives the same words; nothing here knows names.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from anyascii import anyascii

from vault_prompts.look_alikes import LOOK_ALIKES

MAX_CHARS = 4000
_LEET = str.maketrans("013456789@$!|€£+&", "oieasbtbgasilelt ")
_ACCENT, _HIDDEN = "Mn", frozenset({"Cf", "Cc", "Cs", "Co"})
_WORD = re.compile(r"[$@]?[^\W_][^\W_\u0300-\u036f]*(?:['’`´!$@+|€£・\u0300-\u036f]+[^\W_]+)*[!$@]*")
_ALIKE = str.maketrans("cqzrvwj", "kkslbby")
_MEASURE = re.compile(r"[0-9]+(?:s|th|st|nd|rd|bpm|hz|khz|db|er|e|k|m|x|min|sec|bars?|ths?)?|(?:[a-g]|op|no)[0-9]+")
_GENITIVE = re.compile("['’`´][sS]$")
_PLAIN = re.compile("[a-zA-Z]+")
_APOSTROPHE = re.compile("['’`´]")
_REPEATED = re.compile(r"(.)\1+")
_VOWELS = re.compile("[aeiouyh0-9]")
_INNER = re.compile(r"[^0-9a-z]+")
_UNSPACED = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "THAI"})


@dataclass(frozen=True)
class Word:
    """One word: as written, where, and how it may be read."""

    text: str
    start: int
    end: int

    @cached_property
    def readings(self) -> tuple[str, ...]:
        """ASCII readings, the plainest first; possibly none for a word of signs alone."""
        return readings(self.text)

    @property
    def plain(self) -> str:
        """The first reading, or nothing."""
        return self.readings[0] if self.readings else ""

    @property
    def foreign(self) -> bool:
        """Whether no letter of it is Latin."""
        return not self.text.isascii() and not any(script(char) == "LATIN" for char in self.text if char.isalpha())

    @property
    def unspaced(self) -> bool:
        """Whether it is a run of a script without spaces."""
        return script(self.text[0]) in _UNSPACED

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital letter (signs and digits aside)."""
        first = next((char for char in self.text if char.isalpha()), "")
        return first.isupper()


def clean(text: str) -> str:
    """Step 1: composed and compatible characters, nothing invisible, single spaces."""
    if text.isascii() and text.isprintable():
        return " ".join(text[:MAX_CHARS].split())
    composed = unicodedata.normalize("NFKC", text[:MAX_CHARS])
    seen = (" " if char.isspace() else char for char in composed)
    kept = "".join(char for char in seen if unicodedata.category(char) not in _HIDDEN)
    return re.sub(" +", " ", _thinned(kept.strip())).strip()


def words(cleaned: str) -> tuple[Word, ...]:
    """Steps 2 and 3, of text that was cleaned."""
    found: list[Word] = []
    for match in _WORD.finditer(cleaned):
        found += _cut(match.group(), match.start())
    return tuple(_joined(found))


@lru_cache(maxsize=4096)
def readings(text: str) -> tuple[str, ...]:
    """Step 4."""
    if _PLAIN.fullmatch(text):
        return (text.lower(),)
    found = [_ascii(_GENITIVE.sub("", text)), _ascii(text)]
    scripts = {script(char) for char in text if char.isalpha()}
    if len(scripts) > 1 or scripts - {"LATIN"}:
        look = text.translate(LOOK_ALIKES)
        if look != text and _all_latin(look):
            found.insert(0 if "LATIN" in scripts else 1, _ascii(look))
    lowered = text.lower()
    if any(char.isalpha() for char in lowered) and not _MEASURE.fullmatch(lowered):
        meant = _ascii(lowered.translate(_LEET))
        found += [meant, meant.replace("i", "l")] if "1" in lowered or "!" in lowered or "|" in lowered else [meant]
    return tuple(dict.fromkeys(one for one in found if one))


@lru_cache(maxsize=16384)
def squeezed(key: str) -> str:
    """A key without repetitions of a letter: "metalica"."""
    return _REPEATED.sub(r"\1", key)


def skeleton(key: str) -> str:
    """The consonants of a key that came from another script, alike where scripts differ: "dftpnk"."""
    sound = key.replace("ph", "f").replace("th", "t").replace("sh", "s").replace("ch", "k").replace("x", "ks")
    folded = sound.translate(_ALIKE)
    return squeezed(_VOWELS.sub("", folded))


@lru_cache(maxsize=4096)
def script(char: str) -> str:
    """The first word of a character's name, which is its script for letters."""
    return unicodedata.name(char, "?").split(" ")[0].split("-")[0]


def _ascii(text: str) -> str:
    return _INNER.sub("", anyascii(_APOSTROPHE.sub("", text)).lower())


def _all_latin(text: str) -> bool:
    return all(script(char) == "LATIN" for char in text if char.isalpha())


def _thinned(text: str) -> str:
    """At most one accent to a letter: stacks of them hide words."""
    made: list[str] = []
    for char in text:
        if unicodedata.category(char) != _ACCENT or (made and unicodedata.category(made[-1]) != _ACCENT):
            made.append(char)
    return "".join(made)


def _cut(text: str, start: int) -> list[Word]:
    """One run cut where a script without spaces begins or ends; long vowels and middle dots stay with Katakana."""
    if text.isascii():
        return [Word(text, start, start + len(text))]
    pieces: list[Word] = []
    kind, begin = "", 0
    for place, char in enumerate(text):
        found = script(char)
        now = found if found in _UNSPACED else "spaced"
        if char in "ー・":
            now = kind or now
        if kind and now != kind:
            pieces.append(Word(text[begin:place], start + begin, start + place))
            begin = place
        kind = now
    return [*pieces, Word(text[begin:], start + begin, start + len(text))]


def _joined(found: list[Word]) -> list[Word]:
    """Runs of three or more single letters as one word."""
    made: list[Word] = []
    run: list[Word] = []
    for word in [*found, None]:
        if word is not None and _single(word.text.rstrip("!$@")):
            run.append(word)
            continue
        made += [_one(run)] if len(run) > 2 else run
        run = []
        if word is not None:
            made.append(word)
    return made


def _single(text: str) -> bool:
    return len(text) == 1 and text.isalpha() and script(text) not in _UNSPACED


def _one(run: list[Word]) -> Word:
    return Word("".join(word.text for word in run), run[0].start, run[-1].end)
