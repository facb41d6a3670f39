"""What follows from what a prompt points at; tokens that count for one service, prompt and hour."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.policy import Policy, PromptRules, Thresholds, limits_of
from vault_domain.prompts import (
    NamedArtist,
    Signs,
    codes,
    decide_prompt,
    event_facts,
    stricter_claims,
    stricter_refusal,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMITS = {"song": 0.5, "artist": 0.5, "clone": 0.5}
QUIET = Signs((), 0.0, 0.0, 0.0, LIMITS, False, False, ())
OTHER = NamedArtist("Grindelhoven", "list", participating=False, exact=True)
OURS = NamedArtist("Nova Arc", "vault", participating=True, exact=True)
ACTIONS = ("allow", "warn", "stricter", "reject")


@pytest.mark.parametrize(
    ("signs", "outcome", "reasons"),
    [
        ({}, "allow", []),
        ({"copy_phrase": True}, "allow", []),
        ({"quoted": ("a line of mine",)}, "allow", []),
        ({"quoted": ("A Title",), "announced": True}, "stricter", ["named_song"]),
        ({"artist": 0.9}, "warn", ["artist_suspected"]),
        ({"clone": 0.9}, "warn", ["copy_suspected"]),
        ({"song": 0.9}, "stricter", ["named_song"]),
        ({"artists": (OURS,)}, "warn", ["named_participant"]),
        ({"artists": (OTHER,)}, "stricter", ["named_artist"]),
        ({"artists": (OTHER, OURS)}, "stricter", ["named_artist", "named_participant"]),
        ({"artists": (replace(OTHER, negated=True),)}, "warn", ["artist_avoided"]),
        ({"cover_phrase": True, "quoted": ("A Title",)}, "stricter", ["copy_suspected"]),
        ({"cover_phrase": True, "quoted": ("A Title",), "clone": 0.9}, "reject", ["clone_request"]),
        ({"copy_phrase": True, "clone": 0.9, "song": 0.9}, "stricter", ["copy_suspected", "named_song"]),
        ({"copy_phrase": True, "artists": (OTHER,), "clone": 0.9}, "reject", ["clone_request", "named_artist"]),
        ({"cover_phrase": True, "artists": (OURS,), "clone": 0.9}, "reject", ["clone_request", "named_participant"]),
        ({"avoided": True}, "warn", ["work_avoided"]),
        ({"own": True}, "allow", []),
        ({"own": True, "cover_phrase": True}, "allow", []),
        ({"own": True, "cover_phrase": True, "quoted": ("A Title",)}, "stricter", ["own_work"]),
        (
            {"own": True, "copy_phrase": True, "quoted": ("A Title",), "clone": 0.9, "song": 0.9},
            "stricter",
            ["own_work"],
        ),
        (
            {"own": True, "copy_phrase": True, "artists": (OTHER,), "clone": 0.9},
            "stricter",
            ["copy_suspected", "named_artist"],
        ),
        ({"names_read": False}, "stricter", ["names_not_checked"]),
    ],
)
def test_the_strongest_finding_decides_and_all_are_named(signs, outcome, reasons):
    verdict = decide_prompt(replace(QUIET, **signs), Policy())
    assert (verdict.outcome, codes(verdict)) == (outcome, reasons)


anything = st.builds(
    Signs, st.lists(st.sampled_from([OTHER, OURS, replace(OTHER, negated=True)]), max_size=3).map(tuple),
    st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.just(LIMITS), st.booleans(), st.booleans(),
    st.sampled_from([(), ("A Title",)]), st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip


@given(anything, st.sampled_from(ACTIONS), st.sampled_from(ACTIONS))
def test_a_stricter_rule_never_makes_a_verdict_milder(signs, one, other):
    milder, sterner = sorted((one, other), key=ACTIONS.index)
    got = [decide_prompt(signs, Policy(prompts=PromptRules(artist=action))).outcome for action in (milder, sterner)]
    assert ACTIONS.index(got[0]) <= ACTIONS.index(got[1])


@given(anything, st.sampled_from(ACTIONS), st.sampled_from(ACTIONS))
def test_what_was_not_looked_up_is_judged_no_milder_than_what_would_have_been_found(signs, artist, participant):
    policy = Policy(prompts=PromptRules(artist=artist, participant=participant))
    unread = decide_prompt(replace(signs, artists=(), names_read=False), policy).outcome
    named = decide_prompt(replace(QUIET, artists=(OTHER, OURS)), policy).outcome
    assert ACTIONS.index(unread) >= max(ACTIONS.index(named), ACTIONS.index("warn"))


@given(anything, st.sampled_from(ACTIONS), st.sampled_from(ACTIONS))
def test_to_say_that_it_is_one_s_own_spares_the_refusal_and_nothing_else(signs, song, clone):
    policy = Policy(prompts=PromptRules(song=song, clone=clone))
    got = [ACTIONS.index(decide_prompt(replace(signs, own=own), policy).outcome) for own in (False, True)]
    assert got[1] >= min(got[0], ACTIONS.index("stricter"), ACTIONS.index(song))
    assert got[1] < ACTIONS.index("reject") or signs.artists or got[0] == got[1]


@given(anything)
def test_more_certainty_never_makes_a_verdict_milder(signs):
    sure = replace(signs, song=1.0, artist=1.0, clone=1.0)
    got = [ACTIONS.index(decide_prompt(one, Policy()).outcome) for one in (signs, sure)]
    assert got[0] <= got[1]


@given(anything)
def test_the_event_holds_no_name(signs):
    facts = event_facts("0" * 64, decide_prompt(signs, Policy()), signs.artists)
    assert "Grindelhoven" not in str(facts)
    assert "Nova Arc" not in str(facts)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_stricter_limits_are_never_above_the_ordinary_ones(a, b, c, d):
    policy = Policy(
        thresholds=Thresholds(weak=min(a, b), strong=max(a, b)), stricter=Thresholds(weak=min(c, d), strong=max(c, d))
    )
    usual, strict = limits_of(policy), limits_of(policy, stricter=True)
    assert strict.weak <= usual.weak
    assert strict.strong <= usual.strong
    assert usual == policy.thresholds


def test_a_token_counts_for_its_service_and_prompt_alone():
    claims = stricter_claims("svc_a", "ab", "evt_1", Policy(), NOW)
    assert claims["exp"] - claims["iat"] == 3600
    assert stricter_refusal(claims, "svc_a", "ab") is None
    assert "another service" in stricter_refusal(claims, "svc_b", "ab")
    assert "another prompt" in stricter_refusal(claims, "svc_a", "cd")
    assert "another prompt" in stricter_refusal(claims, "svc_a", None)
