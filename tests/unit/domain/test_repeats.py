"""Counters of blocked outputs: each of its own, by salted names, and prompts by what they say."""

from hypothesis import given
from hypothesis import strategies as st
from vault_domain.canonical import sha256_hex
from vault_domain.policy import Policy
from vault_domain.repeats import counters, pattern

words = st.text(max_size=40)


def salted(text: str) -> str:
    return sha256_hex(b"salt" + text.encode())


@given(words)
def test_a_pattern_is_its_own_pattern_and_ignores_case_and_spacing(prompt):
    once = pattern(prompt)
    assert pattern(once) == once
    assert pattern(f"  {once.replace(' ', '   ')} !") == once


@given(st.text(min_size=1, max_size=120), st.none() | words, st.none() | words)
def test_names_fit_are_apart_and_tell_nothing(model, user, prompt):
    found = counters("svc_" + "0" * 26, model, user, prompt, Policy(), salted)
    names = [one.name for one in found]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 160 for name in names)
    assert [one.what for one in found][:2] == ["service", "model"]
    assert ("user" in [one.what for one in found]) == bool(user)
    assert ("prompt" in [one.what for one in found]) == bool(prompt and pattern(prompt))
    for said in (user, prompt):
        assert not said or len(said) < 8 or all(said not in name for name in names)
