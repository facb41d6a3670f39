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
DOMAIN = ROOT / "layers" / "domain" / "src" / "vault_domain"
COMPARE_TOO = {"held_by", "honoured", "playable"}
"""Beside what answers yes or no, or gives nothing back: what gives to the one whose it is, and else refuses."""
OPENS_NOTHING = {
    "appeal/appeal_queue.waiting": "a queue leaves out one's own",
    "claims/claims_flags.flagged": "a queue leaves out one's own",
    "control/main.waiting": "a queue leaves out one's own",
    "review/review_asks.asked_for": "a queue leaves out one's own",
    "appeal/main._shown": "an owner is not told who rejected",
    "consent/consent_answers.changed": "whose receipt is given",
    "revoke/main.forget": "whose receipt is given",
    "consent/main._change": "whoever changed it is not told of it; what changes, where the matrix let it be changed",
    "model-registry/main.show_version": "ids of tracks are for who trained on them",
    "model-registry/main._register": "a name is taken",
    "safety-check/checking.earlier": "a name is taken",
    "claims/claims_judging._judged": "who filed a claim does not judge it",
    "policy/policy_proposals.confirmed": "the same answer again",
    "review/review_voting.cast": "one's earlier vote is replaced",
    "vault_edge/permitting.permitted": "here the matrix is asked",
    "vault_edge/permitting.enforce": "here the matrix is asked",
    "consent/main._join": "the same answer again",
    "consent/main.change": "whose receipt is given",
    "consent/main.accept": "whose receipt is given",
    "gateway-issue-token/issue_canaries.offered": "refuses others' tracks, as the matrix would",
    "model-registry/registry_names.require_free": "refuses a name that others use",
    "safety-check/main.check": "a prompt's token counts for whom it was given to; blocks are counted",
    "snippets/main._opened": "refuses once more, where the matrix let it be heard",
    "upload-presign/main.open_form": "one's own quota",
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
    sources = [*FUNCTIONS.glob("*/*.py"), *EDGE.glob("*.py")]
    comparing = COMPARE_TOO.union(*(_only_refusing(path.read_text()) for path in [*sources, *DOMAIN.glob("*.py")]))
    found = {place for path in sources for place in _compares_its_caller(path, comparing)}
    assert found == set(OPENS_NOTHING)


@pytest.mark.parametrize(
    "said", ["row.owner == caller.id", "is_theirs(row, caller.id)", "rules.is_theirs(by=caller.id)"]
)
def test_a_comparison_is_seen_however_it_is_made(said: str, tmp_path: Path):
    path, rule = tmp_path / "step.py", "def is_theirs(row, by) -> bool: ..."
    path.write_text(f"def show(row, caller):\n    return row if {said} else None\n")
    assert list(_compares_its_caller(path, _only_refusing(rule))) == [f"{tmp_path.name}/step.show"]
    path.write_text(f"def show(row, caller):\n    return owned(row, own={said})\n")
    assert list(_compares_its_caller(path, _only_refusing(rule))) == []


def _only_refusing(source: str) -> set[str]:
    """Functions that answer yes or no, or give nothing back and so can only refuse or note."""
    functions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef) and node.returns)
    return {node.name for node in functions if ast.unparse(node.returns) in ("bool", "None")}


def _compares_its_caller(path: Path, comparing: set[str]) -> Iterator[str]:
    """Functions that compare something with the caller's id, or let another do so, and do not hand it on as ``own``."""
    tree = ast.parse(path.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    asked = {node for call in calls for part in call.keywords if part.arg == "own" for node in ast.walk(part.value)}
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        parts = [part for node in ast.walk(function) if node not in asked for part in _compared(node, comparing)]
        if any(ast.unparse(part) == "caller.id" for part in parts):
            yield f"{path.parent.name}/{path.stem}.{function.name}"


def _compared(node: ast.AST, comparing: set[str]) -> list[ast.expr]:
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in comparing:
        return [*node.args, *(part.value for part in node.keywords)]
    return []
