"""A function's step: a payload in, a JSON document out.

The payload is validated by the annotation of the first parameter (``dict`` or
``Json`` takes it as it is); ``deps: Deps`` is given by its annotation. A payload
of the wrong shape is the refusal ``BadRequest``, as over HTTP.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python
from vault_domain.canonical import Json

from vault_edge.deps import Deps
from vault_edge.problems import invalid


class Step:
    """One registered step function."""

    def __init__(self, func: Callable[..., Any]) -> None:
        self.func = func
        hints = get_type_hints(func, include_extras=True)
        hints.pop("return", None)
        self._deps = [name for name, hint in hints.items() if hint is Deps]
        asked = [name for name in hints if name not in self._deps]
        if len(asked) > 1:
            raise TypeError(f"{func.__name__}: a step takes one payload, not {asked}")
        self._asked = asked[0] if asked else None
        self._hint = hints.get(asked[0]) if asked else None

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._hint)

    def run(self, event: Any, deps: Deps) -> Json:
        """Validate, call, and make the result plain JSON."""
        arguments: dict[str, Any] = dict.fromkeys(self._deps, deps)
        if self._asked is not None:
            try:
                arguments[self._asked] = self._adapter.validate_python(event)
            except ValidationError as error:
                raise invalid(error) from error
        return to_jsonable_python(self.func(**arguments))
