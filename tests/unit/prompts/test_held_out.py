"""The held-out prompts: apart from what was trained on, and judged as well as the documents say."""

import re
import sys
from itertools import groupby, product
from pathlib import Path

import pytest
from vault_domain.policy import SHIPPED
from vault_domain.prompts import decide_prompt
from vault_models.prompts import clauses, fillings
from vault_models.prompts.generate import composed, prompts, templates
from vault_prompts import Classifier, NameIndex, TitleIndex, signs_of
from vault_prompts.cues import titles
from vault_prompts.reading import clean, words

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "benchmarks"))
import prompts as benchmark  # noqa: E402

CASES, NAMES = benchmark.cases(), benchmark.names()
FINAL = benchmark.cases(benchmark.DATA / "prompts_final.tsv")
THIRD = benchmark.cases(benchmark.DATA / "prompts_third.tsv")
HELD_OUT = (*CASES, *FINAL, *THIRD)
INDEX, CLASSIFIER = NameIndex(NAMES), Classifier.load()
SLOT = re.compile(r"\{[A-Z]\}")
ALIKE = 0.75
"""Share of common runs of three words above which a prompt counts as a template in disguise."""


def plain(text):
    return [word.plain for word in words(clean(text)) if word.plain]


def units(text):
    """Words; the signs themselves where a script writes no spaces."""
    found = words(clean(text))
    return [one for word in found for one in (word.text if word.unspaced else (word.plain,)) if one]


def shingles(text):
    said = units(text)
    return {tuple(said[n : n + 3]) for n in range(len(said) - 2)}


def nameless(text):
    """With x for what is in quotation marks, for known names, and for words with a capital, as in a template."""
    said = clean(text)
    for title in titles(said):
        said = said.replace(title, " x ")
    found = words(said)
    named = {place for one in INDEX.find(said, found) for place in range(one.first, one.last + 1)}
    named |= {place for place, word in enumerate(found) if place and word.capital and word.text.isascii()}
    kept = ["x" if place in named else word.text for place, word in enumerate(found)]
    return " ".join(one for one, _ in groupby(kept))


def test_no_name_or_title_of_training_stands_in_a_held_out_prompt():
    trained = [*fillings.ARTISTS, *fillings.TITLES]
    trained += [one for names in (*fillings.NATIVE.values(), *fillings.NATIVE_TITLES.values()) for one in names]
    held = [f" {' '.join(plain(case.text))} " for case in HELD_OUT]
    ordinary = {"Clocks", "Yellow", "Heroes", "Imagine", "Creep", "Respect", "Thriller", "Umbrella", "Levels",
                "Vogue", "Mina", "Blur", "Muse", "Oasis", "Eagles", "Drake", "Genesis", "Madonna",
                "The Who", "Paranoid", "Осень"}  # fmt: skip
    for name, text in product(trained, held):
        said = " ".join(plain(name))
        if name not in ordinary and len(said) > 3:
            assert f" {said} " not in text, f"{name}: {text}"


def test_no_name_of_training_in_a_script_without_spaces_stands_in_a_held_out_prompt():
    native = [one for names in (*fillings.NATIVE.values(), *fillings.NATIVE_TITLES.values()) for one in names]
    trained = [clean(one) for one in native if words(clean(one))[0].unspaced]
    assert len(trained) > 20
    for name, case in product(trained, HELD_OUT):
        assert name not in clean(case.text), f"{name}: {case.text}"


def test_a_template_in_other_clothes_would_be_seen():
    assert shingles(nameless("replicate Get Lucky by Daft Punk")) == shingles("replicate x by x")
    assert len(shingles("椎名林檎が歌う") & shingles("椎名林檎の歌う")) == 2


def test_known_names_of_the_benchmark_are_not_those_of_training():
    trained = {" ".join(plain(one)) for one in fillings.ARTISTS}
    assert not trained & {" ".join(plain(one.name)) for one in NAMES}


def test_no_held_out_prompt_is_a_template_in_other_clothes():
    made = [shingles(SLOT.sub(" x ", one.text)) for one in (*templates(), *composed())]
    made += [shingles(one) for one in clauses.PARTS]
    for text in (form for case in HELD_OUT for form in (case.text, nameless(case.text))):
        own = shingles(text)
        for other in made if len(own) > 1 else ():
            shared = len(own & other) / len(own)
            assert shared < ALIKE, text


def test_no_held_out_prompt_is_generated():
    held = {" ".join(plain(case.text)) for case in HELD_OUT}
    assert not [one.text for one in prompts(99, 3000) if " ".join(plain(one.text)) in held]


def test_the_same_seed_gives_the_same_prompts():
    assert [one.text for one in prompts(5, 50)] == [one.text for one in prompts(5, 50)]


def test_no_prompt_is_in_two_sets():
    assert len({case.text for case in HELD_OUT}) == len(HELD_OUT)


@pytest.fixture(scope="module")
def measured():
    return {
        name: benchmark.table(found, [signs_of(one.text, INDEX, CLASSIFIER) for one in found])
        for name, found in (("first", CASES), ("final", FINAL))
    }


@pytest.mark.parametrize(
    ("found", "reading", "what", "precision", "recall"),
    [
        ("first", "both", "anything", 0.93, 0.93), ("first", "both", "artist", 0.91, 0.93),
        ("first", "rules", "artist", 0.98, 0.84), ("first", "classifier", "anything", 0.90, 0.60),
        ("final", "both", "anything", 0.93, 0.89), ("final", "rules", "anything", 0.99, 0.66),
        ("final", "classifier", "anything", 0.89, 0.55),
    ],
)  # fmt: skip
def test_precision_and_recall_stay_what_they_are(measured, found, reading, what, precision, recall):
    got = measured[found][reading][what]
    assert got[0] >= precision
    assert got[1] >= recall


@pytest.mark.parametrize(
    ("found", "what", "precision", "recall"),
    [("first", "anything", 0.94, 0.94), ("first", "song", 0.86, 0.74), ("final", "anything", 0.95, 0.89)],
)
def test_titles_that_are_known_bring_songs_and_no_false_alarms(found, what, precision, recall):
    among, known = {"first": CASES, "final": FINAL}[found], TitleIndex(benchmark.titles())
    seen = [signs_of(one.text, INDEX, CLASSIFIER, known) for one in among]
    got = benchmark.table(among, seen)["both"][what]
    assert got[0] >= precision
    assert got[1] >= recall
    assert not [one.text for one, signs in zip(among, seen, strict=True) if signs.titles and not one.intents]


@pytest.mark.parametrize("kind", sorted(benchmark.DISGUISES))
def test_disguises_do_not_help(kind):
    made = benchmark.disguised(CASES, NAMES, kind)
    stopped = [decide_prompt(signs_of(case.text, INDEX, CLASSIFIER), SHIPPED).outcome != "allow" for case, _ in made]
    assert len(made) >= 40
    assert sum(stopped) / len(made) >= 0.85
