"""Every route of the running vault, called as its description allows and as it does not: no 5xx, answers as described.

Schemathesis draws the calls and judges the answers. Real ids, tokens and versions take the place of drawn ones in half
of them (``described_world``), and the first of each route is one of those: all but the routes named here must answer
something else than that there is no such thing. Each caller is one of those whom the route admits. With
``LEMM_REACHED=FILE`` the statuses that each route answered with are kept.
"""

import json
import os
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from described_world import World
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from living import Vault

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(540)]
SECONDS = 260.0
"""For all routes together; what is not reached by then is reported, not passed over."""
AS_DESCRIBED, OTHERWISE = 10, 6
"""Calls of each route."""
NOT_IN = frozenset({400, 401, 403, 404, 405, 413, 415, 422})
"""Answers of a call that did not get to what it asks about."""
UNREACHED = {
    "POST /accounts/me/erasure": "it ends the account of whoever calls",
    "POST /accounts/external": "no identity provider is configured here",
    "POST /catalogues": "a manifest has to name parts that were sent before, by their hashes",
    "GET /audit/witnessed": "no witness is configured here",
    "GET /outputs/{output_id}/claims": "nobody complained about an output here",
    "POST /outputs/{output_id}/claims/{claim_id}/answer": "nobody complained about an output here",
    "GET /safety/models/{model_id}": "figures of models are counted by a clock",
    "POST /outputs/{output_id}/export": "an export wants the very file that was checked",
    "GET /certificates/{certificate_id}": "no output was exported here",
    "GET /certificates/{certificate_id}/pdf": "no output was exported here",
    "GET /audit/tile/{level}/{a}": "a whole tile takes 256 events",
    "GET /audit/tile/{level}/{a}/{b}/{c}": "names of three parts begin with event 256,000",
    "GET /audit/tile/{level}/{a}/{b}/{c}/{d}": "names of four parts begin later still",
}
"""Routes that no call can reach in this vault, and why."""


@pytest.fixture(scope="module")
def world(vault: Vault, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(vault, tmp_path_factory.mktemp("described"))


def test_the_running_vault_answers_as_described(vault: Vault, world: World):
    from schemathesis import checks, openapi

    wanted = [
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    described = openapi.from_url(f"{vault.place.url}/openapi.json")
    deadline, found, left = time.monotonic() + SECONDS, dict[str, str](), list[str]()
    answers: dict[str, Counter[int]] = {}
    operations = [result.ok() for result in described.get_all_operations()]
    for operation in sorted(operations, key=lambda one: one.method.upper() != "GET"):  # read first, then change
        if time.monotonic() > deadline:
            left.append(operation.label)
            continue
        try:
            _called(operation, world, wanted, AS_DESCRIBED, answers)
            with suppress(Unsatisfiable):  # a route that takes nothing can't be called otherwise
                _called(operation, world, wanted, OTHERWISE, {}, negative=True)
        except BaseExceptionGroup as problems:
            found[operation.label] = str(problems)[:3000]
        except Exception as problem:  # what a check says, or what kept a call from being made
            found[operation.label] = str(problem)
    if told := os.environ.get("LEMM_REACHED"):
        Path(told).write_text(json.dumps({label: dict(seen) for label, seen in answers.items()}, indent=1))
    assert not found, "\n\n".join(f"{label}\n{told}" for label, told in found.items())
    assert not left, f"no time was left for {left}"
    missed = {label for label, seen in answers.items() if not set(seen) - NOT_IN}
    assert missed <= set(UNREACHED), {label: dict(answers[label]) for label in missed - set(UNREACHED)}


def _called(
    operation: Any,
    world: World,
    wanted: list[Any],
    examples: int,
    answers: dict[str, Counter[int]],
    *,
    negative: bool = False,
) -> None:
    from schemathesis import GenerationMode, checks

    mode = GenerationMode.NEGATIVE if negative else GenerationMode.POSITIVE
    caller = world.caller(operation)
    headers = {"authorization": f"Bearer {caller.token}"} if caller is not None else {}

    @seed(20261121)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.sampled_from([True, False]))
    def calls(case: Any, real: bool) -> None:
        if real and not negative:
            _made_real(case, world)
        parts = [str(part) for part in case.path_parameters.values()]
        assume(all("/" not in part and part.strip(".") for part in parts))  # those make it another path
        answer = case.call(headers=headers, timeout=20)
        answers.setdefault(operation.label, Counter())[answer.status_code] += 1
        refusal = [checks.negative_data_rejection] if negative and answer.status_code != 413 else []
        case.validate_response(answer, checks=[*wanted, *refusal])

    calls()


def _made_real(case: Any, world: World) -> None:
    """What there is, in the place of what was drawn: in the path, and else in the body or query."""
    known = world.real(case.operation.label)
    for name in case.path_parameters:
        case.path_parameters[name] = known.pop(name, world.common.get(name, case.path_parameters[name]))
    target = case.body if isinstance(case.body, dict) else case.query
    target.update(known)
