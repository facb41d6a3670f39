"""The matrix: fails closed, hides what must not be known, and gives nobody power over their own work."""

import pytest
from vault_domain.errors import Forbidden, NotFound
from vault_domain.permissions import MATRIX, ROLES, Reach, check, markdown, reach, roles

DECISIONS = ("review.vote", "review.claim", "review.override", "appeal.decide")


def test_each_action_has_one_row_and_each_route_one_action():
    assert len({row.what for row in MATRIX}) == len(MATRIX)
    routes = [route for row in MATRIX for route in row.routes]
    assert len(set(routes)) == len(routes)
    assert all(set(row.reach) <= set(ROLES) for row in MATRIX)


def test_whatever_the_table_does_not_give_is_refused():
    for row in MATRIX:
        for role in (*ROLES, "nobody"):
            if role not in roles(row.what):
                for own in (True, False):
                    with pytest.raises(Forbidden):
                        check(role, row.what, own=own)


@pytest.mark.parametrize("what", DECISIONS)
def test_nobody_decides_about_their_own_work(what: str):
    for role in ROLES:
        assert reach(role, what) in (Reach.NONE, Reach.OTHERS)
        with pytest.raises(Forbidden):
            check(role, what, own=True)


def test_somebody_elses_track_is_not_even_known():
    with pytest.raises(NotFound):
        check("contributor", "track.read", own=False)
    check("contributor", "track.read", own=True)
    check("reviewer", "track.read", own=False)


def test_an_action_that_is_not_in_the_table_is_a_fault():
    with pytest.raises(KeyError):
        check("admin", "track.publish", own=True)


def test_the_page_names_every_action():
    assert all(f"`{row.what}`" in markdown() for row in MATRIX)
