"""The rules of accounts: addresses, passwords, the last admin, windows of attempts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from vault_domain.accounts import (
    Account,
    AdminRoster,
    Window,
    attempt,
    change_role,
    forgive,
    normal_email,
    register,
    usable_password,
)
from vault_domain.errors import BadRequest, Conflict, TooMany, VaultError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@given(st.text(max_size=80))
def test_an_address_has_one_normal_form(text: str):
    try:
        once = normal_email(text)
    except ValueError:
        return
    assert normal_email(once) == once
    assert normal_email(f" {text.upper()} ") == normal_email(text.upper())
    assert once.count("@") == 1
    assert once.isprintable()


@given(st.text(max_size=220))
def test_a_password_is_taken_as_keyboards_agree_or_refused(text: str):
    try:
        found = usable_password(SecretStr(text), "ada@example.org")
    except BadRequest:
        return
    assert 12 <= len(found) <= 200
    assert usable_password(SecretStr(found), "ada@example.org") == found


def person(n: int, role: str = "contributor") -> Account:
    made = register(f"acc_{n:026d}", NOW, display_name=f"P {n}", affirmed=True)
    return made.with_changes(role=role)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from(["contributor", "reviewer", "admin"]))))
def test_there_is_always_an_admin_and_the_roster_says_who(moves):
    people = {n: person(n, "admin" if n == 0 else "contributor") for n in range(4)}
    roster = AdminRoster(members=(people[0].account_id,))
    for by, who, role in moves:
        try:
            changed, roster, row = change_role(people[who], roster, role, people[by].account_id, "a reason", NOW, "slt")
        except VaultError:
            continue
        assert (row.before, row.after) == (people[who].role, role)
        people[who] = changed
        admins = {one.account_id for one in people.values() if one.role == "admin"}
        assert set(roster.members) == admins
        assert admins


def test_the_last_admin_stays():
    roster = AdminRoster(members=(person(0).account_id,))
    with pytest.raises(Conflict, match="last admin"):
        change_role(person(0, "admin"), roster, "reviewer", person(1).account_id, "a reason", NOW, "slt")


def test_registering_needs_the_affirmation():
    with pytest.raises(BadRequest, match="authority"):
        register("acc_" + "0" * 26, NOW, display_name="A", affirmed=False)


@given(st.lists(st.integers(0, 400), max_size=60), st.integers(1, 5))
def test_no_window_takes_more_than_its_limit(pauses: list[int], limit: int):
    window, now, taken, waits = Window(name="a", opened=NOW, seconds=300), NOW, [], []
    for pause in pauses:
        now += timedelta(seconds=pause)
        try:
            window = attempt(window, limit, now)
        except TooMany as error:
            waits.append(int(str(error.facts["retry_after"])))
        else:
            taken.append((window.opened, now))
    assert all(1 <= wait <= 300 for wait in waits)
    for opened in {opened for opened, _ in taken}:
        assert sum(one == opened for one, _ in taken) <= limit
        assert all(at - one < timedelta(seconds=300) for one, at in taken if one == opened)


def test_a_good_attempt_is_taken_back_and_never_below_zero():
    window = attempt(Window(name="a", opened=NOW, seconds=300), 5, NOW)
    assert forgive(window).count == 0
    assert forgive(forgive(window)).count == 0
