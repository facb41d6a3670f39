"""The permission matrix against the API as it is described: every route it names, for exactly its roles."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from template import FUNCTIONS, ROOT
from vault_domain.permissions import MATRIX, markdown, roles
from vault_edge.caller import INCLUDES

PATHS = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
EDGE = ROOT / "layers" / "edge" / "src" / "vault_edge"
OPENS_NOTHING = {
    "appeal/appeal_queue.waiting": "a queue leaves out one's own",
    "claims/claims_flags.flagged": "a queue leaves out one's own",
    "control/main.waiting": "a queue leaves out one's own",
    "review/review_asks.asked_for": "a queue leaves out one's own",
    "appeal/main._shown": "an owner is not told who rejected",
    "consent/consent_answers.changed": "whose receipt is given",
    "revoke/main.forget": "whose receipt is given",
    "consent/main._change": "whoever changed it is not told of it",
    "model-registry/main.show_version": "ids of tracks are for who trained on them",
    "model-registry/main._register": "a name is taken",
    "safety-check/checking.earlier": "a name is taken",
    "claims/claims_judging._judged": "who filed a claim does not judge it",
    "policy/policy_proposals.confirmed": "the same answer again",
    "review/review_voting.cast": "one's earlier vote is replaced",
    "vault_edge/permitting.permitted": "here the matrix is asked",
}
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


def test_whose_a_thing_is_opens_it_by_the_matrix_alone():
    found = {place for path in [*FUNCTIONS.glob("*/*.py"), *EDGE.glob("*.py")] for place in _compares_its_caller(path)}
    assert found == set(OPENS_NOTHING)


def _compares_its_caller(path: Path) -> Iterator[str]:
    """Functions that compare something with the caller's id for another end than to hand it on as ``own``."""
    tree = ast.parse(path.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    asked = {node for call in calls for part in call.keywords if part.arg == "own" for node in ast.walk(part.value)}
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        compared = [node for node in ast.walk(function) if isinstance(node, ast.Compare) and node not in asked]
        if any(ast.unparse(part) == "caller.id" for node in compared for part in (node.left, *node.comparators)):
            yield f"{path.parent.name}/{path.stem}.{function.name}"
