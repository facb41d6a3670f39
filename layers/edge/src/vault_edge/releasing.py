"""Where a model's version stands at the release gate, looked up for an output of it."""

from vault_domain.lineage import Model
from vault_domain.ports import Together, Wanted
from vault_domain.release_gate import Gate, Release, gate, release_key
from vault_domain.safety import OutputCheck

from vault_edge.deps import Deps


def gate_wanted(model_id: str, model_version: str | None) -> list[Wanted]:
    """What :func:`gate_of` reads."""
    wanted: list[Wanted] = [(Model, *_model_key(model_id))]
    if model_version is not None:
        wanted.append((Release, *release_key(model_id, model_version)))
    return wanted


def gate_of(model_id: str, model_version: str | None, deps: Deps, found: Together | None = None) -> Gate:
    """Whether outputs of this version may be released, from the registry as it is now.

    ``found``: what is wanted, where it was read together with other things.
    """
    if found is None:
        found = deps.records.together(gate_wanted(model_id, model_version))
    stands = found.get(Release, *release_key(model_id, model_version)) if model_version is not None else None
    return gate(found.get(Model, *_model_key(model_id)), model_version, stands)


def _model_key(model_id: str) -> tuple[str, str]:
    return f"model#{model_id}", Model.kind


def gate_now(check: OutputCheck, deps: Deps) -> Gate:
    """The same for an output that was checked."""
    return gate_of(check.model_id, check.model_version, deps)
