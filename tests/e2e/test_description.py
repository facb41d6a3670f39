"""Every route of the running vault, called as its description allows and as it does not: no 5xx, answers as described.

Schemathesis draws the calls and judges the answers. Real ids take the place of drawn ones in half of them, so that
calls reach past "no such track". Each caller is one of those whom the route admits.
"""

import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from lemm.client import Api
from living import ORIGINALS, PASSWORD, Vault, song

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(420)]
SECONDS = 200.0
"""For all routes together; what is not reached by then is reported, not passed over."""
AS_DESCRIBED, OTHERWISE = 10, 6
"""Calls of each route."""


@dataclass(frozen=True)
class World:
    """Who calls, by role, and what there is to call about, by the name of the path's part."""

    callers: dict[str, Api]
    known: dict[str, str]

    def caller(self, operation: Any) -> Api | None:
        """The least of those whom the route admits; None where anybody may call."""
        raw = operation.definition.raw
        if "x-roles" not in raw:
            return None
        if raw["x-roles"] == ["system"]:
            return self.callers[raw.get("x-scope", "training")]
        return next(self.callers[role] for role in ("contributor", "reviewer", "admin") if role in raw["x-roles"])


@pytest.fixture(scope="module")
def world(vault: Vault, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder: Path = tmp_path_factory.mktemp("described")
    nova, ray = vault.contributor("nova"), vault.contributor("ray")
    track_id = str(vault.decided(nova, song(folder, ORIGINALS[0]))["track_id"])
    ray.call("POST", f"/tracks/{track_id}/flags", {"about": "other", "words": "Please have a look at this one"})
    anna, email = Api(vault.place.url), f"anna-{uuid.uuid4().hex[:8]}@example.org"
    account = str(anna.register(email, PASSWORD, "Anna")["account_id"])
    vault.admin.call("POST", f"/accounts/{account}/role", {"role": "reviewer", "reason": "knows the music"})
    anna.login(email, PASSWORD)
    control = nova.call("POST", "/control", {"artist": "Nova Arc", "release": "Glass City, its page", "refs": []})
    scopes = {scope: vault.service(scope) for scope in ("training", "safety", "catalogue")}
    known = {
        "track_id": track_id, "account_id": account, "control_id": str(control["control_id"]),
        "upload_id": str(nova.track(track_id)["upload_id"]), "name": "LEMM_ambient", "number": "1",
    }  # fmt: skip
    return World({"contributor": nova, "reviewer": anna, "admin": vault.admin, **scopes}, known)


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
    for result in described.get_all_operations():
        operation = result.ok()
        if time.monotonic() > deadline:
            left.append(operation.label)
            continue
        try:
            _called(operation, world, wanted, AS_DESCRIBED)
            with suppress(Unsatisfiable):  # a route that takes nothing can't be called otherwise
                _called(operation, world, wanted, OTHERWISE, negative=True)
        except BaseExceptionGroup as problems:
            found[operation.label] = str(problems)[:3000]
        except Exception as problem:  # what a check says, or what kept a call from being made
            found[operation.label] = str(problem)
    assert not found, "\n\n".join(f"{label}\n{told}" for label, told in found.items())
    assert not left, f"no time was left for {left}"


def _called(operation: Any, world: World, wanted: list[Any], examples: int, *, negative: bool = False) -> None:
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
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def calls(case: Any, real: bool) -> None:
        if real and not negative:
            for name in case.path_parameters.keys() & world.known.keys():
                case.path_parameters[name] = world.known[name]
        parts = [str(part) for part in case.path_parameters.values()]
        assume(all("/" not in part and part.strip(".") for part in parts))  # those make it another path
        answer = case.call(headers=headers, timeout=20)
        refusal = [checks.negative_data_rejection] if negative and answer.status_code != 413 else []
        case.validate_response(answer, checks=[*wanted, *refusal])

    calls()
