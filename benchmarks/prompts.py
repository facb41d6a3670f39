"""Prompts: precision and recall on the held-out set, disguised variants, and the processor time one prompt takes.

    python -m benchmarks.prompts

The held-out prompts (``benchmarks/data/prompts.tsv``; ``--held-out`` names another file, such as
``prompts_final.tsv`` or ``prompts_third.tsv``) were written by hand, in other words and with other names than what the
classifier learnt from.
Three readings: names and phrases alone, the classifier alone (it knows no names), and both, decided by the shipped
policy. Disguises are made by a seed from the prompts that name a known artist.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from vault_domain.names import KnownName, KnownTitle
from vault_domain.policy import SHIPPED
from vault_domain.prompts import Intent, Signs, decide_prompt
from vault_prompts import Classifier, NameIndex, TitleIndex, signs_of
from vault_prompts.look_alikes import LOOK_ALIKES

DATA = Path(__file__).with_name("data")
INTENTS: tuple[Intent, ...] = ("song", "artist", "clone")


@dataclass(frozen=True)
class Case:
    """One held-out prompt."""

    intents: frozenset[str]
    language: str
    text: str


def cases(path: Path = DATA / "prompts.tsv") -> list[Case]:
    """The held-out set."""
    found = []
    for line in _lines(path):
        label, language, text = line.split("\t")
        found.append(Case(frozenset() if label == "-" else frozenset(label.split(",")), language, text))
    return found


def names(path: Path = DATA / "prompt_names.tsv") -> list[KnownName]:
    """The names that the benchmark's vault knows."""
    found = []
    for line in _lines(path):
        name, aliases, source = line.split("\t")
        spellings = tuple(one for one in aliases.split("|") if one)
        found.append(KnownName(name, spellings, source, participating=source == "vault"))
    return found


def titles(path: Path = DATA / "prompt_titles.tsv") -> list[KnownTitle]:
    """The titles that the benchmark's vault knows."""
    found = (line.partition("\t") for line in _lines(path))
    return [KnownTitle(title, tuple(one for one in artists.split("|") if one)) for title, _, artists in found]


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


# --- disguises -----------------------------------------------------------------

_LEET = str.maketrans("oieast", "013457")
_SEEN_AS = {
    ascii_letter: chr(code) for code, ascii_letter in sorted(LOOK_ALIKES.items(), reverse=True) if 0x370 <= code < 0x530
}
_CYRILLIC = str.maketrans(
    dict(zip("abvgdezijklmnoprstufhcyw", "абвгдезийклмнопрстуфхкыв", strict=True)) | {"q": "к", "x": "кс"}
)


def misspelt(name: str, rng: Random) -> str:
    """One letter doubled, dropped, swapped or replaced; not the first."""
    if len(name) < 6:
        return name
    place = rng.randrange(1, len(name) - 1)
    kind = rng.choice("dxsr")
    if kind == "s":
        return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    middle = {"d": name[place] * 2, "x": "", "r": rng.choice("aeioulnrst")}[kind]
    return name[:place] + middle + name[place + 1 :]


DISGUISES: dict[str, Callable[[str, Random], str]] = {
    "misspelt": misspelt,
    "leet": lambda name, rng: name.lower().translate(_LEET),
    "look-alikes": lambda name, rng: "".join(
        _SEEN_AS.get(char.lower(), char) if rng.random() < 0.5 else char for char in name
    ),
    "spaced": lambda name, rng: " ".join(name.replace(" ", "")),
    "dotted": lambda name, rng: ".".join(name.replace(" ", "")),
    "repeated": lambda name, rng: "".join(char * rng.choice((1, 1, 3)) if char.isalpha() else char for char in name),
    "invisible": lambda name, rng: "\u200b".join(name),
    "wide": lambda name, rng: "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in name),
    "Cyrillic": lambda name, rng: name.lower().translate(_CYRILLIC),
}


def disguised(found: Iterable[Case], known: list[KnownName], kind: str, seed: int = 1) -> list[tuple[Case, KnownName]]:
    """Prompts whose known Latin name of six letters or more is disguised, with the name."""
    rng, made = Random(f"{kind} {seed}"), []
    for case in found:
        for one in known:
            if one.name in case.text and one.name.isascii() and len(one.name) > 5 and "artist" in case.intents:
                hidden = DISGUISES[kind](one.name, rng)
                if hidden != one.name:
                    made.append((Case(case.intents, case.language, case.text.replace(one.name, hidden)), one))
                break
    return made


# --- measures ------------------------------------------------------------------


def without_classifier(signs: Signs) -> Signs:
    """What rules alone see."""
    return replace(signs, song=0.0, artist=0.0, clone=0.0)


def without_rules(signs: Signs) -> Signs:
    """What the classifier alone sees."""
    return replace(signs, artists=(), copy_phrase=False, cover_phrase=False, quoted=(), announced=False, titles=())


def intents_of(signs: Signs) -> frozenset[str]:
    """Intents that were found: by a name, by phrases with a name or title, by the classifier."""
    found: set[str] = {intent for intent in INTENTS if signs.suspects(intent)}
    found |= {"artist"} if signs.artists else set()
    wants = signs.copy_phrase or signs.cover_phrase
    found |= {"song"} if signs.announced or signs.titles else set()
    found |= {"clone"} if wants and (signs.artists or signs.quoted or signs.titles) else set()
    return frozenset(found)


def rates(wanted: list[bool], got: list[bool]) -> tuple[float, float, int]:
    """Precision, recall, how many there are."""
    both = sum(a and b for a, b in zip(wanted, got, strict=True))
    return both / max(1, sum(got)), both / max(1, sum(wanted)), sum(wanted)


def table(found: list[Case], seen: list[Signs]) -> dict[str, dict[str, tuple[float, float, int]]]:
    """Precision and recall by reading and by what is asked."""
    readings: dict[str, Callable[[Signs], Signs]] = {
        "rules": without_classifier, "classifier": without_rules, "both": lambda signs: signs,
    }  # fmt: skip
    made: dict[str, dict[str, tuple[float, float, int]]] = {}
    for name, reading in readings.items():
        read = [reading(one) for one in seen]
        got = [decide_prompt(one, SHIPPED).outcome for one in read]
        made[name] = {"anything": rates([bool(one.intents) for one in found], [one != "allow" for one in got])}
        for intent in INTENTS:
            wanted = [intent in one.intents for one in found]
            made[name][intent] = rates(wanted, [intent in intents_of(one) for one in read])
    return made


def timed(texts: list[str], index: NameIndex, classifier: Classifier) -> list[float]:
    """Milliseconds of processor time of each prompt, after one round to warm up."""
    spent = []
    for text in texts * 2:
        began = time.process_time()
        signs_of(text, index, classifier)
        spent.append((time.process_time() - began) * 1000)
    return sorted(spent[len(texts) :])


def many(count: int, seed: int = 1) -> list[KnownName]:
    """Invented names, for size."""
    rng = Random(seed)
    parts = [a + b for a in "bcdfghjklmnprstvwz" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "os")]

    def word() -> str:
        return "".join(rng.choice(parts) for _ in range(rng.randint(2, 4))).title()

    return [KnownName(" ".join(word() for _ in range(rng.choice((1, 2, 2, 3))))) for _ in range(count)]


def by_language(found: list[Case], outcomes: list[str]) -> None:
    """How many of each language were judged rightly."""
    print("languages, both: named or copied and not allowed | pointing at nobody and allowed")
    for language in sorted({one.language for one in found}):
        pairs = [(one, got) for one, got in zip(found, outcomes, strict=True) if one.language == language]
        pointing, rest = [got for one, got in pairs if one.intents], [got for one, got in pairs if not one.intents]
        caught, passed = sum(got != "allow" for got in pointing), rest.count("allow")
        print(f"  {language}  {caught:3} of {len(pointing):3} | {passed:3} of {len(rest):3}")


def disguises(found: list[Case], known: list[KnownName], index: NameIndex, classifier: Classifier) -> dict[str, object]:
    """Of each disguise: in how many the name was found, how many were not allowed, how many there are."""
    made: dict[str, object] = {}
    for kind in DISGUISES:
        judged = [(signs_of(case.text, index, classifier), one) for case, one in disguised(found, known, kind)]
        named = sum(any(artist.name == one.name for artist in signs.artists) for signs, one in judged)
        stopped = sum(decide_prompt(signs, SHIPPED).outcome != "allow" for signs, _ in judged)
        made[kind] = (named, stopped, len(judged))
        print(f"  {kind:<12} the name found in {named:3}, not allowed {stopped:3}, of {len(judged)}")
    return made


def speeds(found: list[Case], known: list[KnownName], classifier: Classifier) -> dict[str, object]:
    """Processor time: seconds to make an index of so many names; milliseconds of a prompt, median and 95 %."""
    made: dict[str, object] = {}
    for count in (1000, 5000, 20_000):
        began = time.process_time()
        index = NameIndex([*known, *many(count)])
        built = time.process_time() - began
        spent = timed([one.text for one in found], index, classifier)
        middle, late = spent[len(spent) // 2], spent[int(len(spent) * 0.95)]
        made[str(count)] = (built, middle, late)
        print(
            f"  {count:>6} names: index made in {built:.2f} s; a prompt {middle:.1f} ms, p95 {late:.1f} ms (processor)"
        )
    return made


def wrong(found: list[Case], seen: list[Signs]) -> None:
    """What was judged wrongly, with the classifier's chances."""
    for one, signs in zip(found, seen, strict=True):
        verdict = decide_prompt(signs, SHIPPED)
        if (verdict.outcome == "allow") == bool(one.intents):
            chances = f"{signs.song:.2f} {signs.artist:.2f} {signs.clone:.2f}"
            print(f"  {','.join(sorted(one.intents)) or '-':<18} {chances} {verdict.outcome:<8} {one.text}")


def _all_of(path: Path | None) -> list[KnownTitle]:
    return titles(path) if path else []


def main() -> None:
    """Print the tables; ``--json`` writes them, ``--wrong`` lists what was judged wrongly."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--held-out", type=Path, default=DATA / "prompts.tsv")
    parser.add_argument("--no-titles", action="store_true", help="a vault that knows no titles")
    parser.add_argument("--titles", type=Path, help="more titles that it knows")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--wrong", action="store_true")
    asked = parser.parse_args()
    classifier, known, found = Classifier.load(), names(), cases(asked.held_out)
    index, works = NameIndex(known), TitleIndex([] if asked.no_titles else [*titles(), *_all_of(asked.titles)])
    seen = [signs_of(one.text, index, classifier, works) for one in found]
    languages = len({one.language for one in found})
    print(f"{len(found)} held-out prompts in {languages} languages, {len(known)} known names, {len(works)} titles")
    measured = table(found, seen)
    for reading, rows in measured.items():
        for what, (precision, recall, count) in rows.items():
            print(f"  {reading:<11} {what:<9} precision {precision:6.1%}  recall {recall:6.1%}  of {count}")
    by_language(found, [decide_prompt(signs, SHIPPED).outcome for signs in seen])
    hidden = disguises(found, known, index, classifier)
    if asked.wrong:
        wrong(found, seen)
    speed = speeds(found, known, classifier)
    if asked.json:
        asked.json.write_text(json.dumps({"held_out": measured, "disguises": hidden, "speed": speed}, indent=1))


if __name__ == "__main__":
    main()
