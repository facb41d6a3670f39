"""One function's routes and step, and its entries for every place it runs in.

A call over HTTP goes through numbered steps, and nothing of the request is
looked at before its turn:

1. routing (404, 405); 2. bounds on headers and body; 3. the token, unless the
route is public (401); 4. role and scope (403); 5. path, query and body,
validated (404, 415, 422); 6. the handler; 7. a refusal becomes a problem
document, anything unforeseen the problem ``internal``.

Powertools keeps the routing table and writes the OpenAPI document. Its resolver
keeps the current event in a class attribute, which threads would share, so
the call itself is made here. Step payloads (state machines, schedules, direct
invocations, storage events) reach the function marked ``@app.step``; what it
raises is left as it is, since the class name is the state machine's error name.
"""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from vault_domain.canonical import Json
from vault_domain.errors import NotFound, TooLarge, VaultError

from vault_edge.bounds import DEFAULT_BODY
from vault_edge.caller import PUBLIC, ROLES, Caller, admit
from vault_edge.deps import Deps, from_process
from vault_edge.endpoint import Endpoint, Query, slots_of
from vault_edge.http import (
    Answer,
    Request,
    as_answer,
    is_http_event,
    method_and_path,
    read_request,
    redirect,
    to_result,
)
from vault_edge.logs import correlated, correlation, make_logger
from vault_edge.problems import PROBLEM_TYPE, MethodNotAllowed, describe, headers_of, internal, problem
from vault_edge.step import Step

if TYPE_CHECKING:
    from flask import Request as FlaskRequest
    from flask import Response as FlaskResponse

    from vault_edge.routes import Routes

__all__ = ["Answer", "App", "Caller", "Deps", "Json", "Query", "Request", "redirect"]

F = TypeVar("F", bound=Callable[..., Any])
Result = dict[str, Any]


class App:
    """The routes and the step of one function folder; ``name`` is the folder's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.logger = make_logger(name)
        self._routes: Routes | None = None
        self._step: Step | None = None
        self._deps: Deps | None = None

    # --- set-up -------------------------------------------------------------

    def bind(self, environ: "Mapping[str, str] | Deps") -> None:
        """Use this environment, or these dependencies, from now on."""
        self._deps = environ if isinstance(environ, Deps) else Deps(environ)

    @property
    def deps(self) -> Deps:
        """The container's dependencies; made from the process's environment at the first call."""
        if self._deps is None:
            self._deps = from_process()
        return self._deps

    def get(self, path: str, **options: Any) -> Callable[[F], F]:
        """A GET route; options as in :meth:`route`."""
        return self.route("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[F], F]:
        """A POST route; options as in :meth:`route`."""
        return self.route("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[F], F]:
        """A PUT route; options as in :meth:`route`."""
        return self.route("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[F], F]:
        """A DELETE route; options as in :meth:`route`."""
        return self.route("DELETE", path, **options)

    def route(
        self,
        method: str,
        path: str,
        *,
        role: str | tuple[str, ...],
        scope: str | None = None,
        status: int = 200,
        max_body: int = DEFAULT_BODY,
        form: bool = False,
        also: tuple[int, ...] = (),
        media: tuple[str, ...] = (),
    ) -> Callable[[F], F]:
        """Register a handler.

        ``role``: who may call ("public" needs no token); ``scope``: demanded of
        services; ``status``: of a plain result; ``max_body``: bytes; ``form``:
        a urlencoded form is read as well as JSON; ``also``: statuses that it may
        answer with beside those that follow from its shape; ``media``: types of a
        plain result that is not JSON. Paths name parts as ``{id}``.
        """
        roles = frozenset([role] if isinstance(role, str) else role)
        if not roles or not roles <= ROLES or (PUBLIC in roles and len(roles) > 1):
            raise ValueError(f"{path}: not a set of roles: {sorted(roles)}")

        def register(func: F) -> F:
            names = self._table().names(path)
            slots = slots_of(func, names)
            self._table().add(Endpoint(func, method, path, roles, scope, status, max_body, form, slots, also, media))
            return func

        return register

    def step(self, func: F) -> F:
        """Register the one function that answers step payloads and direct invocations."""
        if self._step is not None:
            raise ValueError(f"{self.name} has a step already")
        self._step = Step(func)
        return func

    @property
    def routes(self) -> "Routes | None":
        """The routing table; None for a function that only runs steps."""
        return self._routes

    def _table(self) -> "Routes":
        if self._routes is None:
            from vault_edge.routes import Routes  # 0.1 s that step-only functions do not pay

            self._routes = Routes(self.name)
        return self._routes

    # --- entries ------------------------------------------------------------

    def lambda_entry(self) -> Callable[[Any, Any], Any]:
        """The Lambda handler: HTTP events to the routes, everything else to the step."""

        def handler(event: Any, context: Any) -> Any:
            if is_http_event(event):
                return self.answer(event)
            return self.run_step(event, str(getattr(context, "aws_request_id", "none")))

        return handler

    def http_entry(self) -> "Callable[[FlaskRequest], FlaskResponse]":
        """The functions-framework function: a plain closure over the same routes."""

        def http(request: "FlaskRequest") -> "FlaskResponse":
            from vault_edge.flask_bridge import event_of, response_of

            try:
                event = event_of(request)
            except TooLarge as error:
                return response_of(_refusal(error, {}, "none"))
            return response_of(self.answer(event))

        return http

    # --- one call -----------------------------------------------------------

    def run_step(self, event: Any, request_id: str) -> Json:
        """Run the step on a payload; log how it went; raise what it raises."""
        if self._step is None:
            raise NotFound(f"{self.name} answers HTTP only")
        started = time.perf_counter()
        with correlated(self.logger, correlation(event if isinstance(event, Mapping) else {}, request_id)):
            try:
                result = self._step.run(event, self.deps)
            except VaultError as error:
                self.logger.warning("refused", extra={"code": error.code, "detail": error.detail, "ms": _ms(started)})
                raise
            except Exception as error:
                self.logger.error("failed", extra={**describe(error), "ms": _ms(started)})
                raise
            self.logger.info("done", extra={"ms": _ms(started)})
            return result

    def answer(self, event: Mapping[str, Any]) -> Result:
        """Answer one API Gateway v2 event with a v2 result. Raises nothing."""
        started = time.perf_counter()
        request_id = str(event["requestContext"].get("requestId") or "none")
        facts: dict[str, object] = {}
        endpoint: Endpoint | None = None
        failure: dict[str, str] = {}
        try:
            method, path = method_and_path(event)
            endpoint, parts = self._find(method, path)
            facts.update(parts)
            result = self._call(endpoint, parts, event, facts)
        except VaultError as error:
            result, failure = _refusal(error, facts, request_id), {"code": error.code}
        except Exception as error:  # the last barrier: whatever it was, the caller learns nothing of it
            result, failure = _refusal(internal(), facts, request_id), describe(error)
        with correlated(self.logger, correlation(facts, request_id)):
            write = self.logger.error if "error_type" in failure else self.logger.info
            route = f"{endpoint.method} {endpoint.path}" if endpoint else "no route"
            about = {"route": route, "status": result["statusCode"], "request_id": request_id, "ms": _ms(started)}
            write("answered", extra={**about, **failure})
        return _without_body(result) if event["requestContext"]["http"].get("method") == "HEAD" else result

    def _find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
        """Step 1. HEAD is answered like GET."""
        table = self._table()
        found = table.match("GET" if method == "HEAD" else method, path)
        if found is not None:
            return found
        if allowed := table.methods_at(path):
            raise MethodNotAllowed(f"Use {' or '.join(allowed)}", allow=", ".join(allowed))
        raise NotFound("There is nothing at this address")

    def _call(self, endpoint: Endpoint, parts: dict[str, str], event: Any, facts: dict[str, object]) -> Result:
        """Steps 2 to 6."""
        deps = self.deps
        request = read_request(event, endpoint.max_body, deps.salted)
        caller = self._caller(endpoint, request, deps)
        arguments = endpoint.arguments(request, parts, caller, deps)
        for slot in endpoint.slots:
            if slot.source in ("body", "query"):
                facts.update(_named(arguments[slot.name]))
        with correlated(self.logger, correlation(facts, request.id)):
            return to_result(as_answer(endpoint.func(**arguments), endpoint.status))

    def _caller(self, endpoint: Endpoint, request: Request, deps: Deps) -> Caller | None:
        """Steps 3 and 4. A public route that asks for the caller gets one when a token is sent."""
        from vault_edge.auth import authenticate

        if endpoint.public:
            known = endpoint.wants_caller and "authorization" in request.headers
            return authenticate(request.headers, deps) if known else None
        caller = authenticate(request.headers, deps)
        admit(caller, endpoint.roles, endpoint.scope)
        return caller


def _named(value: object) -> dict[str, object]:
    """A validated model's fields by name, for the correlation id."""
    return dict(vars(value)) if hasattr(value, "model_fields_set") else {}


def _refusal(error: VaultError, facts: Mapping[str, object], request_id: str) -> Result:
    document = problem(error, correlation(facts, request_id))
    return to_result(Answer(document, error.status, headers_of(error), PROBLEM_TYPE))


def _without_body(result: Result) -> Result:
    return {**result, "body": "", "isBase64Encoded": False}


def _ms(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
