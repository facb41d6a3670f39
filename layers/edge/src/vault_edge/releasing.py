"""Where a model's version stands at the release gate, looked up for an output of it."""

from vault_domain.lineage import Model
from vault_domain.records import Record
from vault_domain.release_gate import Gate, Release, gate, release_key
from vault_domain.safety import OutputCheck

from vault_edge.deps import Deps


def gate_of(model_id: str, model_version: str | None, deps: Deps) -> Gate:
    """Whether outputs of this version may be released, from the registry as it is now."""
    model, release = (f"model#{model_id}", Model.kind), release_key(model_id, model_version or "")
    wanted: list[tuple[type[Record], str, str]] = [(Model, *model)]
    if model_version is not None:
        wanted.append((Release, *release))
    found = deps.records.together(wanted)
    stands = found.get(Release, *release) if model_version is not None else None
    return gate(found.get(Model, *model), model_version, stands)


def gate_now(check: OutputCheck, deps: Deps) -> Gate:
    """The same for an output that was checked."""
    return gate_of(check.model_id, check.model_version, deps)
