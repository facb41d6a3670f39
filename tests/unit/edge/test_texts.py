"""Texts that people agreed to never change: their hashes are pinned here."""

import hashlib
import re

import pytest
from vault_edge.texts import PRESENT, allows_listening, contribution_terms, number_of, title_of

PINNED = {
    1: "c92b3f469c7f1a085a15c8a48efcf35fdee5c034ba5a9506a478b4096fb4b4ff",
    2: "b9e7f642e700211b6f76cd4ee314ecd372baae159fc01db333bb99a47d4f9f27",
    3: "80e3a9efe83c3bc16d5b7141020f3c1dbabd849cd63e7014e1967e11ad00353f",
}


@pytest.mark.parametrize("number", range(1, PRESENT + 1))
def test_a_released_text_is_never_edited(number: int):
    assert contribution_terms(number).sha256 == PINNED[number]


def test_the_hash_is_of_what_is_shown():
    terms = contribution_terms()
    assert hashlib.sha256(terms.text.encode()).hexdigest() == terms.sha256
    assert terms.text.startswith(f"# {terms.title}\n")


def test_consents_find_the_title_of_their_text():
    assert title_of(contribution_terms().sha256) == contribution_terms().title
    assert title_of("0" * 64) == ""


@pytest.mark.parametrize(
    "promise",
    ["to train and to evaluate", "never publish or hand out your original audio", "take your track back at any time",
     "not legal advice", "keep your copyright", "signed receipt"],
)  # fmt: skip
def test_the_text_says_what_matters_in_plain_bold(promise: str):
    text = re.sub(r"\s+", " ", contribution_terms().text)
    assert promise in text
    assert text.count("- **") >= 12


@pytest.mark.parametrize("number", range(1, PRESENT + 1))
def test_every_text_has_a_summary_and_says_what_it_changed(number: int):
    terms = contribution_terms(number)
    assert len(terms.summary) >= 5
    assert terms.changes
    assert number_of(terms.sha256) == number


def test_only_a_text_that_says_so_lets_reviewers_listen():
    assert [allows_listening(contribution_terms(number).sha256) for number in (1, 2, 3)] == [False, True, True]
    assert not allows_listening("0" * 64)
