"""The routing table, kept by Powertools: more specific routes first, OpenAPI from signatures.

Powertools sees a stand-in for each handler whose signature holds only what
travels over HTTP (path parts, query fields, body), so that its document tells
callers what they may send and nothing of what we inject.
"""

import inspect
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from pydantic import BaseModel

from vault_edge.endpoint import Endpoint, Slot

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.openapi.models import OpenAPI

_NAMED = re.compile(r"\{(\w+)\}|<(\w+)>")


def braced(path: str) -> str:
    """The path with its named parts in braces, as OpenAPI writes them."""
    return _NAMED.sub(lambda found: "{" + (found.group(1) or found.group(2)) + "}", path)


class Routes(APIGatewayHttpResolver):
    """Endpoints by method and path. Only ``match`` runs per call, and it keeps no state."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.tag = tag
        self._endpoints: dict[Callable[..., Any], Endpoint] = {}

    @staticmethod
    def names(path: str) -> frozenset[str]:
        """The names of the path's parts."""
        return frozenset(braced or angled for braced, angled in _NAMED.findall(path))

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every endpoint, in order of definition."""
        return tuple(self._endpoints.values())

    def add(self, endpoint: Endpoint) -> None:
        """Register an endpoint. Raises ``ValueError`` when its method and path are taken."""
        rule = _NAMED.sub(lambda found: f"<{found.group(1) or found.group(2)}>", endpoint.path)
        taken = {(known.method, _NAMED.sub("{}", known.path)) for known in self._endpoints.values()}
        if (endpoint.method, _NAMED.sub("{}", endpoint.path)) in taken:
            raise ValueError(f"{endpoint.method} {endpoint.path} is there already")
        stand_in = _stand_in(endpoint)
        self._endpoints[stand_in] = endpoint
        summary, _, description = inspect.cleandoc(endpoint.func.__doc__ or endpoint.func.__name__).partition("\n")
        self.route(
            rule,
            endpoint.method,
            summary=summary.rstrip("."),
            description=" ".join(description.split()) or None,
            tags=[self.tag],
            operation_id=f"{self.tag}_{endpoint.func.__name__}".replace("-", "_"),
            status_code=endpoint.status,
        )(stand_in)

    def get_openapi_schema(self, **about: Any) -> "OpenAPI":
        """The document's model; signatures are filled in first."""
        for stand_in, endpoint in self._endpoints.items():
            stand_in.__signature__ = _signature(endpoint)  # type: ignore[attr-defined]
        return super().get_openapi_schema(**about)

    def match(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """The endpoint for a method and path, with the path's named parts."""
        for route in self._static_routes + self._dynamic_routes:
            if route.method == method and (found := route.rule.match(path)):
                return self._endpoints[route.func], found.groupdict()
        return None

    def methods_at(self, path: str) -> tuple[str, ...]:
        """The methods that this path answers to."""
        routes = self._static_routes + self._dynamic_routes
        found = {route.method for route in routes if route.rule.match(path)}
        return tuple(sorted(found | {"HEAD"} if "GET" in found else found))


def _stand_in(endpoint: Endpoint) -> Callable[..., Any]:
    """A function in the handler's place; it is never called."""

    def operation(**_: Any) -> Any:
        raise AssertionError("described, not called")

    operation.__name__ = endpoint.func.__name__
    return operation


def _signature(endpoint: Endpoint) -> inspect.Signature:
    """The HTTP part of the handler's signature. Made for the document only: it costs imports."""
    parameters: list[inspect.Parameter] = []
    for slot in endpoint.slots:
        parameters.extend(_described(slot))
    parameters.sort(key=lambda parameter: parameter.default is not inspect.Parameter.empty)
    answer = get_type_hints(endpoint.func).get("return")
    described = answer if isinstance(answer, type) and issubclass(answer, BaseModel) else inspect.Signature.empty
    return inspect.Signature(parameters, return_annotation=described)


def _described(slot: Slot) -> list[inspect.Parameter]:
    if slot.source == "path":
        return [_parameter(slot.name, slot.annotation)]
    if slot.source == "query":
        return _query_fields(slot.annotation)
    if slot.source != "body":
        return []
    from aws_lambda_powertools.event_handler.openapi.params import Body

    return [_parameter(slot.name, Annotated[slot.annotation, Body()], slot.default)]


def _query_fields(model: type[BaseModel]) -> list[inspect.Parameter]:
    from aws_lambda_powertools.event_handler.openapi.params import Query

    found = []
    for name, info in model.model_fields.items():
        default = inspect.Parameter.empty if info.is_required() else info.get_default(call_default_factory=True)
        about = Query(alias=info.alias or name, description=info.description)
        marked: Any = Annotated[(info.annotation, *info.metadata, about)]
        found.append(_parameter(name, marked, default))
    return found


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
