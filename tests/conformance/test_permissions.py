"""The permission matrix against the API as it is described: every route it names, for exactly its roles."""

import json

import pytest
from template import ROOT
from vault_domain.permissions import MATRIX, markdown, roles
from vault_edge.caller import INCLUDES

PATHS = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
ROUTES = [(route, row) for row in MATRIX for route in row.routes]


def test_every_route_is_in_the_matrix_and_the_other_way_round():
    described = {f"{method.upper()} {path}" for path, operations in PATHS.items() for method in operations}
    assert described == {route for route, _ in ROUTES}


@pytest.mark.parametrize(("route", "row"), ROUTES, ids=[route for route, _ in ROUTES])
def test_a_route_admits_exactly_the_roles_of_the_matrix(route, row):
    method, path = route.split(" ")
    operation = PATHS[path][method.lower()]
    declared = set(operation.get("x-roles", ["public"]))
    admitted = {role for role, included in INCLUDES.items() if included & declared}
    everybody = admitted | set(INCLUDES) | {"public"} if declared == {"public"} else admitted
    assert everybody == set(roles(row.what))
    assert operation.get("x-scope") == row.scope


def test_the_printed_page_is_the_table():
    assert (ROOT / "docs" / "policy" / "permissions.md").read_text() == markdown()
