"""One call, from event to answer: its steps, their order, and what each refusal looks like."""

import json
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from simulator import Simulator
from vault_domain.errors import BadRequest, Conflict, Silent, Unavailable
from vault_edge.app import Answer, App, Caller, Deps, Json, Query, Request, redirect
from wire import ACCOUNT, SERVICE, body_of, event, token

EVENTS = Path(__file__).parent / "events"


class ThingAsk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=2)
    secret: SecretStr = SecretStr("")


class Window(BaseModel):
    limit: int = Field(default=3, ge=1, le=5)
    tag: list[str] = []


class StepAsk(BaseModel):
    track_id: str
    fail: bool = False


def make_app(sim: Simulator) -> App:
    app = App("things")

    @app.get("/things/{thing_id}", role="public")
    def show(thing_id: Annotated[str, Field(pattern="^t-")], window: Query[Window]) -> Json:
        return {"id": thing_id, "window": window}

    @app.post("/things/{thing_id}", role="public", status=201, max_body=64)
    def make(thing_id: str, ask: ThingAsk) -> Json:
        return {"id": thing_id, "name": ask.name}

    @app.put("/guarded", role="reviewer")
    def guarded(ask: ThingAsk, caller: Caller) -> Json:
        return {"id": caller.id, "role": caller.role}

    @app.get("/trained", role=("admin", "system"), scope="training")
    def trained(caller: Caller) -> Json:
        return {"id": caller.id}

    @app.get("/whoami", role="public")
    def whoami(caller: Caller | None) -> Json:
        return {"id": caller.id if caller else None}

    @app.post("/raw", role="public")
    def raw(request: Request) -> Json:
        return Answer(request.body[::-1], 200, {"x-sender": request.ip_hash}, "audio/flac", ("a=1", "b=2"))

    @app.get("/elsewhere", role="public")
    def elsewhere() -> Json:
        return redirect("https://objects.example/one?sig=2")

    @app.delete("/nothing", role="public")
    def nothing() -> None: ...

    @app.get("/fails/{how}", role="public")
    def fails(how: str, deps: Deps) -> Json:
        if how == "conflict":
            raise Conflict("It is taken", track_id="trk_1", size=3)
        if how == "unavailable":
            raise Unavailable()
        if how == "validation":
            ThingAsk.model_validate({"name": "x", "secret": "hunter2" * 2})
        raise RuntimeError(f"the database password is {deps.env('LEMM_TABLE_KEYS')}")

    @app.step
    def run(ask: StepAsk, deps: Deps) -> Json:
        if ask.fail:
            raise Silent("nothing to hear")
        return {"track_id": ask.track_id, "at": deps.clock()}

    app.bind(sim.deps)
    return app


@pytest.fixture
def app(sim: Simulator) -> App:
    return make_app(sim)


def call(app: App, given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = app.lambda_entry()(given, None)
    return found


def problem(result: dict[str, Any], status: int, code: str) -> Any:
    document = body_of(result)
    assert result["headers"]["content-type"] == "application/problem+json"
    assert (result["statusCode"], document["status"], document["code"]) == (status, status, code)
    assert document["type"] == f"urn:lemm:problem:{code}"
    return document


# --- events -------------------------------------------------------------------------


def test_a_recorded_get_event(app: App):
    result = call(app, json.loads((EVENTS / "http_api_get.json").read_text()))
    assert result["statusCode"] == 200
    assert body_of(result) == {"id": "t-1", "window": {"limit": 2, "tag": ["a", "b c"]}}
    for name, value in {"api-version": "1", "cache-control": "no-store", "x-content-type-options": "nosniff"}.items():
        assert result["headers"][name] == value


def test_a_recorded_post_event_with_a_stage_and_a_base64_body(app: App):
    result = call(app, json.loads((EVENTS / "http_api_post_stage.json").read_text()))
    assert (result["statusCode"], body_of(result)) == (201, {"id": "t-1", "name": "a drum"})


def test_everything_else_is_for_the_step(app: App):
    assert call(app, {"track_id": "trk_1"}) == {"track_id": "trk_1", "at": "2026-03-01T12:00:00Z"}


def test_a_storage_event_is_for_the_step(sim: Simulator):
    app, seen = App("listener"), []

    class Arrived(BaseModel):
        detail: dict[str, Any]

    @app.step
    def run(arrived: Arrived) -> Json:
        seen.append(arrived.detail["object"]["key"])
        return {}

    app.bind(sim.deps)
    call(app, json.loads((EVENTS / "s3_object_created.json").read_text()))
    assert seen == ["uploads/upl_00000000000000000000000000/source"]


def test_a_step_raises_refusals_by_their_own_class(app: App):
    with pytest.raises(Silent):
        call(app, {"track_id": "trk_1", "fail": True})


def test_a_payload_of_the_wrong_shape_is_named(app: App):
    with pytest.raises(BadRequest, match="track_id"):
        call(app, {"trackid": 1})


# --- routing ------------------------------------------------------------------------


def test_unknown_addresses_and_methods_are_problems(app: App):
    problem(call(app, event("GET", "/nowhere")), 404, "not_found")
    result = call(app, event("PATCH", "/things/t-1"))
    problem(result, 405, "method_not_allowed")
    assert result["headers"]["allow"] == "GET, HEAD, POST"


def test_head_is_get_without_the_body(app: App):
    result = call(app, event("HEAD", "/things/t-1"))
    assert (result["statusCode"], result["body"]) == (200, "")


def test_a_path_part_that_does_not_fit_is_no_such_thing(app: App):
    problem(call(app, event("GET", "/things/x-1")), 404, "not_found")


@pytest.mark.parametrize("path", ["/things/../guarded", "/things/a/b", "//things/t-1", "/things/", "/guarded/"])
def test_odd_paths_match_nothing(app: App, path: str):
    assert call(app, event("GET", path))["statusCode"] == 404


# --- who ----------------------------------------------------------------------------


def test_the_token_is_asked_for_before_the_body_is_read(app: App, sim: Simulator):
    result = call(app, event("PUT", "/guarded", body="not json"))
    problem(result, 401, "unauthenticated")
    assert result["headers"]["www-authenticate"].startswith("Bearer")
    problem(call(app, event("PUT", "/guarded", body="not json", bearer=token(sim))), 403, "forbidden")
    problem(call(app, event("PUT", "/guarded", body="not json", bearer=token(sim, "reviewer"))), 422, "bad_request")


@pytest.mark.parametrize("role", ["reviewer", "admin"])
def test_roles_include_each_other_upwards(app: App, sim: Simulator, role: str):
    result = call(app, event("PUT", "/guarded", body={"name": "ab"}, bearer=token(sim, role)))
    assert body_of(result) == {"id": ACCOUNT, "role": role}


def test_a_service_is_no_person_and_needs_its_scope(app: App, sim: Simulator):
    problem(call(app, event("PUT", "/guarded", body={"name": "ab"}, bearer=token(sim, "system"))), 403, "forbidden")
    problem(call(app, event("GET", "/trained", bearer=token(sim, "system", "safety"))), 403, "forbidden")
    assert body_of(call(app, event("GET", "/trained", bearer=token(sim, "system", "training")))) == {"id": SERVICE}
    assert call(app, event("GET", "/trained", bearer=token(sim, "admin")))["statusCode"] == 200


def test_a_public_route_knows_a_caller_who_says_who_they_are(app: App, sim: Simulator):
    assert body_of(call(app, event("GET", "/whoami"))) == {"id": None}
    assert body_of(call(app, event("GET", "/whoami", bearer=token(sim)))) == {"id": ACCOUNT}
    problem(call(app, event("GET", "/whoami", bearer="a.b.c")), 401, "unauthenticated")


# --- what ---------------------------------------------------------------------------


def test_validation_names_paths_and_reasons_and_echoes_nothing(app: App):
    result = call(app, event("POST", "/things/t-1", body={"name": "x", "secret": ["hunter2"]}))
    document = problem(result, 422, "bad_request")
    assert {entry["path"] for entry in document["errors"]} == {"name", "secret"}
    assert "hunter2" not in result["body"]


def test_query_problems_say_where(app: App):
    document = problem(call(app, event("GET", "/things/t-1", query="limit=9")), 422, "bad_request")
    assert document["errors"] == [{"path": "query.limit", "reason": "Input should be less than or equal to 5"}]
    problem(call(app, event("GET", "/things/t-1", query="limit=1&limit=2")), 422, "bad_request")


def test_bodies_are_bounded_before_they_are_decoded(app: App):
    document = problem(call(app, event("POST", "/things/t-1", body=b"x" * 65)), 413, "too_large")
    assert document["facts"] == {"limit_bytes": 64}
    problem(call(app, event("POST", "/things/t-1", body="x" * 65)), 413, "too_large")


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "application/json5"])
def test_other_media_types_are_refused(app: App, media: str):
    given = event("POST", "/things/t-1", body={"name": "ab"}, headers={"content-type": media})
    problem(call(app, given), 415, "unsupported_media")


def test_damaged_base64_is_a_bad_request(app: App):
    given = event("POST", "/things/t-1", body=b"{}") | {"body": "%%%%"}
    problem(call(app, given), 422, "bad_request")


def test_too_many_headers(app: App):
    given = event("GET", "/things/t-1", headers={f"x-{n}": "1" for n in range(70)})
    problem(call(app, given), 431, "headers_too_large")


def test_raw_bytes_both_ways(app: App):
    result = call(app, event("POST", "/raw", body=b"\x00\xff\x01", headers={"content-type": "audio/flac"}))
    assert (result["isBase64Encoded"], result["body"]) == (True, "Af8A")
    assert result["cookies"] == ["a=1", "b=2"]
    assert len(result["headers"]["x-sender"]) == 64
    assert "203.0.113.7" not in json.dumps(result)


def test_redirects_and_empty_answers(app: App):
    result = call(app, event("GET", "/elsewhere"))
    assert (result["statusCode"], result["headers"]["location"]) == (302, "https://objects.example/one?sig=2")
    assert call(app, event("DELETE", "/nothing"))["statusCode"] == 204


# --- what goes wrong ------------------------------------------------------------------


def test_facts_of_a_refusal_are_told(app: App):
    document = problem(call(app, event("GET", "/fails/conflict")), 409, "conflict")
    assert (document["detail"], document["facts"]) == ("It is taken", {"track_id": "trk_1", "size": 3})


def test_unavailable_says_when_to_come_back(app: App):
    result = call(app, event("GET", "/fails/unavailable"))
    problem(result, 503, "unavailable")
    assert result["headers"]["retry-after"] == "2"


def test_what_nobody_foresaw_is_told_to_the_log_alone(app: App, capsys: pytest.CaptureFixture[str]):
    result = call(app, event("GET", "/fails/other"))
    document = problem(result, 500, "internal")
    assert "keys" not in result["body"]
    assert document["instance"] == "req-1"
    line = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert (line["level"], line["error_type"], line["status"]) == ("ERROR", "RuntimeError", 500)
    assert "test_app.py" in line["error_trace"]


def test_a_foreign_validation_error_is_ours_and_its_values_stay_out_of_the_log(
    app: App, capsys: pytest.CaptureFixture[str]
):
    problem(call(app, event("GET", "/fails/validation")), 500, "internal")
    assert "hunter2hunter2" not in capsys.readouterr().out


def test_every_call_logs_one_line_without_bodies_or_addresses(app: App, capsys: pytest.CaptureFixture[str]):
    call(app, event("POST", "/things/t-1", body={"name": "a drum"}))
    call(app, {"track_id": "trk_9"})
    lines = [json.loads(line) for line in capsys.readouterr().out.strip().splitlines()]
    assert [line["message"] for line in lines] == ["answered", "done"]
    assert [line["correlation_id"] for line in lines] == ["req-1", "trk_9"]
    assert lines[0]["route"] == "POST /things/{thing_id}"
    assert not any(private in json.dumps(lines) for private in ("a drum", "203.0.113.7"))


# --- mistakes of ours -----------------------------------------------------------------


def test_signatures_that_cannot_be_filled_in_are_refused_at_once():
    app = App("wrong")
    with pytest.raises(TypeError, match="only one"):

        @app.post("/a", role="public")
        def two(a: ThingAsk, b: Window) -> Json: ...

    with pytest.raises(TypeError, match="the path names"):

        @app.get("/a/{b}", role="public")
        def none() -> Json: ...

    with pytest.raises(ValueError, match="roles"):
        app.get("/a", role="boss")
    with pytest.raises(ValueError, match="roles"):
        app.get("/a", role=("public", "admin"))


def test_a_route_is_registered_once(app: App):
    with pytest.raises(ValueError, match="already"):

        @app.get("/things/{other}", role="public")
        def again(other: str) -> Json: ...
