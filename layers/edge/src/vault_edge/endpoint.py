"""A handler's signature, read once, and filled in for each call.

What a parameter gets is told by its annotation or name:

- ``Caller``, ``Deps``, ``Request``: the caller, the dependencies, the request;
- ``Query[Model]``: the query string, validated by the model;
- a name in the path: that part of the path; one that does not fit is ``NotFound``,
  because no such thing can exist;
- anything else, once per handler: the body, validated by the annotation.
"""

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qs

from pydantic import BaseModel, TypeAdapter, ValidationError
from vault_domain.errors import BadRequest, NotFound

from vault_edge.bounds import MAX_QUERY_FIELDS, parse_json
from vault_edge.caller import PUBLIC, Caller
from vault_edge.deps import Deps
from vault_edge.http import JSON_TYPE, Request
from vault_edge.problems import UnsupportedMedia, invalid

FORM_TYPE = "application/x-www-form-urlencoded"
T = TypeVar("T")


class _FromQuery:
    """Marks a parameter that is read from the query string."""


Query = Annotated[T, _FromQuery]
"""``Query[Model]``: a parameter that holds the validated query string."""

Handler = Callable[..., Any]


@dataclass(frozen=True)
class Slot:
    """One parameter: its name, where its value comes from, its type and whether it may be left out."""

    name: str
    source: str
    annotation: Any
    default: Any = inspect.Parameter.empty

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.annotation)

    @property
    def optional(self) -> bool:
        return self.default is not inspect.Parameter.empty


@dataclass(frozen=True)
class Endpoint:
    """A route's handler and everything that is demanded before it runs."""

    func: Handler
    method: str
    path: str
    roles: frozenset[str]
    scope: str | None
    status: int
    max_body: int
    form: bool
    slots: tuple[Slot, ...] = field(repr=False)
    also: tuple[int, ...] = ()
    media: tuple[str, ...] = ()

    @property
    def public(self) -> bool:
        return PUBLIC in self.roles

    @property
    def wants_caller(self) -> bool:
        return any(slot.source == "caller" for slot in self.slots)

    def arguments(
        self, request: Request, parts: Mapping[str, str], caller: Caller | None, deps: Deps
    ) -> dict[str, Any]:
        """The handler's arguments. Raises ``NotFound`` or a listing of what is wrong."""
        given: dict[str, Any] = {"caller": caller, "deps": deps, "request": request}
        found: dict[str, Any] = {}
        for slot in self.slots:
            if slot.source in given:
                found[slot.name] = given[slot.source]
            elif slot.source == "path":
                found[slot.name] = _path_part(slot, parts[slot.name])
            elif slot.source == "query":
                found[slot.name] = _validated(slot, query_values(slot.annotation, request.query), "query")
            else:
                found[slot.name] = self._body(slot, request)
        return found

    def _body(self, slot: Slot, request: Request) -> Any:
        if not request.body and slot.optional:
            return slot.default
        if self.form and request.content_type == FORM_TYPE:
            return _validated(slot, _form_values(request.body))
        if request.content_type not in ("", JSON_TYPE):
            raise UnsupportedMedia(f"Send {JSON_TYPE}")
        if not request.body:
            raise BadRequest("The request needs a JSON body")
        return _validated(slot, parse_json(request.body))


def slots_of(func: Handler, path_names: frozenset[str]) -> tuple[Slot, ...]:
    """Read a handler's parameters. Raises ``TypeError`` for a signature that can't be filled in."""
    hints = get_type_hints(func, include_extras=True)
    slots: list[Slot] = []
    for name, parameter in inspect.signature(func).parameters.items():
        if name not in hints:
            raise TypeError(f"{func.__name__}: parameter {name} needs an annotation")
        slots.append(Slot(name, *_source(name, hints[name], path_names), parameter.default))
    bodies = [slot.name for slot in slots if slot.source == "body"]
    if len(bodies) > 1:
        raise TypeError(f"{func.__name__}: only one parameter can be the body, not {bodies}")
    if missing := path_names - {slot.name for slot in slots}:
        raise TypeError(f"{func.__name__}: the path names {sorted(missing)}, the handler does not")
    return tuple(slots)


def _source(name: str, annotation: Any, path_names: frozenset[str]) -> tuple[str, Any]:
    bare = without_none(annotation)
    for kind, source in ((Caller, "caller"), (Deps, "deps"), (Request, "request")):
        if bare is kind:
            return source, annotation
    if get_origin(annotation) is Annotated and _FromQuery in get_args(annotation)[1:]:
        return "query", get_args(annotation)[0]
    return ("path" if name in path_names else "body"), annotation


def without_none(annotation: Any) -> Any:
    """``X`` for ``X | None``, everything else as it is."""
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def query_values(model: type[BaseModel], query: Mapping[str, list[str]]) -> dict[str, Any]:
    """Query values as the model reads them: lists where it has lists, else one value, never two."""
    lists = {
        field_info.alias or name
        for name, field_info in model.model_fields.items()
        if get_origin(without_none(field_info.annotation)) in (list, tuple, set, frozenset)
    }
    found: dict[str, Any] = {}
    for name, values in query.items():
        if name not in lists and len(values) > 1:
            raise BadRequest("A query parameter was given twice")
        found[name] = values if name in lists else values[0]
    return found


def _path_part(slot: Slot, value: str) -> Any:
    try:
        return slot.adapter.validate_python(value)
    except ValidationError as error:
        raise NotFound() from error


def _validated(slot: Slot, value: Any, *within: str) -> Any:
    """JSON rules for bodies (an ISO time is a string); query and form values are strings anyway."""
    try:
        return slot.adapter.validate_python(value)
    except ValidationError as error:
        raise invalid(error, within) from error


def _form_values(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS, errors="strict")
    except (ValueError, UnicodeDecodeError) as error:
        raise BadRequest("The form can't be read") from error
    if any(len(values) > 1 for values in pairs.values()):
        raise BadRequest("A form field was given twice")
    return {name: values[0] for name, values in pairs.items()}
