"""What a bundle of proven events shows together, said in a sentence; anything short of it is refused.

Each judgement reads proven events and the bundle's own words, and believes the
words only as far as the events bear them out.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vault_domain.bundles import MODEL, OUTPUT, RUN_TRACK, OpenedBundle
from vault_domain.canonical import canonical, digest, sha256_hex
from vault_domain.dsse import IN_TOTO, parse
from vault_domain.events import Kind
from vault_domain.lineage import BUILD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE
from vault_domain.proofs import from_text, path_of
from vault_domain.run_tracks import Shown, check_shown

Json = dict[str, Any]
_RUN_FACTS = ("tracks", "tracks_read", "tracks_root", "manifest_sha256", "consumed_not_granted")


@dataclass(frozen=True)
class Claim:
    """What was shown: in a sentence, and as data."""

    says: str
    facts: Json


def judge(bundle: OpenedBundle) -> Claim:
    """What an opened bundle shows. Raises ``ValueError`` with the reason when it does not show it."""
    try:
        return _JUDGES[bundle.kind](bundle)
    except (KeyError, TypeError, AttributeError, IndexError):
        raise ValueError("a field that this proof rests on is missing or of the wrong type") from None


def _model(bundle: OpenedBundle) -> Claim:
    """Model M was trained on the listed packs, as far as the gateway served it.

    1. The statement's bytes are those whose hash the log holds. 2. It is an in-toto statement about these weights.
    3. Every run in it is in the log from its opening to its end, with every manifest, and says the same.
    4. There are no other events in the file but one audit of this version at most, and the last run made the weights.
    """
    _only(bundle.about, "envelope")
    registered = _one(bundle.events, Kind.MODEL_REGISTERED)
    envelope = str(bundle.about["envelope"]).encode("utf-8")
    data = registered["data"]
    if sha256_hex(envelope) != data["statement_sha256"]:  # 1
        raise ValueError("the statement is not the one that the log names")
    statement = _statement(envelope)
    name = f"{registered['subject']}@{data['model_version']}"
    if statement["subject"] != [{"name": name, "digest": {"sha256": data["weights_sha256"]}}]:  # 2
        raise ValueError("the statement is about other weights than those that were registered")
    told = statement["predicate"]["buildDefinition"]["externalParameters"]
    if [run["run_id"] for run in told["runs"]] != data["runs"]:
        raise ValueError("the statement names other runs than those that were registered")
    used = 1 + sum(_run(run, registered, bundle.events) for run in told["runs"])  # 3
    audit = _release(registered, bundle.events)
    if used + bool(audit) != len(bundle.events):  # 4
        raise ValueError("the file holds events of other runs")
    last = _one(bundle.events, Kind.RUN_CLOSED, data["runs"][-1])
    packs = sorted({pack for run in told["runs"] for pack in run["spec"]["packs"]})
    if last["data"]["weights_sha256"] != data["weights_sha256"] or told["packs"] != packs:
        raise ValueError("the last run did not end with these weights, or the packs are not those of the runs")
    limits = statement["predicate"]["buildDefinition"]["internalParameters"]["cannot_be_proved"]
    says = f"{name} was trained in {len(told['runs'])} run(s) on {', '.join(packs)}, as far as the gateway served it"
    facts = {"model": name, "weights_sha256": data["weights_sha256"], "packs": packs, "runs": told["runs"]}
    return Claim(f"{says}; {_gate(audit)}", {**facts, "release": audit, "cannot_be_proved": limits})


def _release(registered: Json, events: Sequence[Json]) -> Json | None:
    """What the release gate said of these weights, if the file shows an audit."""
    audits = [one for one in events if one.get("event") == Kind.MODEL_AUDITED]
    if not audits:
        return None
    audit = _one(events, Kind.MODEL_AUDITED, registered["subject"])
    same = ("model_version", "weights_sha256")
    if (
        any(audit["data"][field] != registered["data"][field] for field in same)
        or audit["actor"] != registered["actor"]
    ):
        raise ValueError("the audit is of another version")
    return {**audit["data"], "at": audit["at"]}


def _gate(audit: Json | None) -> str:
    if audit is None:
        return "no audit of what it copies is shown"
    said = "passed" if audit["passed"] is True else "did not pass"
    return (
        f"at {audit['at']} it {said} the release gate: {audit['extracted']} of {audit['outputs']} outputs were copies, "
        f"at most {float(audit['upper_bound']):.2%} at {float(audit['confidence']):.0%} confidence"
    )


def _run(told: Json, registered: Json, events: Sequence[Json]) -> int:
    """How many events show this run; every one of its life must be there."""
    run_id = told["run_id"]
    opened, closed = _one(events, Kind.RUN_OPENED, run_id), _one(events, Kind.RUN_CLOSED, run_id)
    batches = [one for one in events if (one.get("event"), one.get("subject")) == (Kind.TRAINING_BATCH, run_id)]
    end = closed["data"]
    issued = [one["data"]["manifest_sha256"] for one in batches]
    if len(batches) != end["manifests"] or end["manifest_sha256"] not in issued:
        raise ValueError(f"{run_id}: not every manifest of this run is here")
    if any(told[fact] != end[fact] for fact in _RUN_FACTS) or digest(told["spec"]) != end["spec_sha256"]:
        raise ValueError(f"{run_id}: the statement differs from the run's end in the log")
    about = {(one["actor"]["id"], one["data"]["model_id"]) for one in (opened, closed, *batches)}
    if about != {(registered["actor"]["id"], registered["subject"])} or end["state"] != "completed":
        raise ValueError(f"{run_id} is not a completed run of this model by the job that registered it")
    if any(one["data"]["packs"] != told["spec"]["packs"] for one in (opened, *batches)):
        raise ValueError(f"{run_id}: a manifest was given other packs")
    return 2 + len(batches)


def _statement(envelope: bytes) -> Json:
    found = parse(envelope)
    try:
        statement = json.loads(found.payload)
    except (ValueError, RecursionError):
        raise ValueError("the statement is not JSON") from None
    kinds = (found.payload_type, statement.get("_type"), statement.get("predicateType"))
    if kinds != (IN_TOTO, STATEMENT_TYPE, PREDICATE_TYPE) or canonical(statement) != found.payload:
        raise ValueError("not an in-toto statement with SLSA provenance")
    if statement["predicate"]["buildDefinition"]["buildType"] != BUILD_TYPE:
        raise ValueError("a build of another type")
    return dict(statement)


def _run_track(bundle: OpenedBundle) -> Claim:
    """Track T was, or was not, among the tracks of run R."""
    _only(bundle.about, "leaves", "run_id", "sha256", "track_id")
    run_id, track_id = str(bundle.about["run_id"]), str(bundle.about["track_id"])
    if digest({"run_id": run_id, "track_id": track_id}) != bundle.about["sha256"]:
        raise ValueError("the file is damaged: run and track do not have the hash that it gives")
    closed = _one(bundle.events, Kind.RUN_CLOSED, run_id)
    if len(bundle.events) != 1:
        raise ValueError("the file holds events of other runs")
    data = closed["data"]
    leaf = check_shown(track_id, data["tracks"], bytes.fromhex(data["tracks_root"]), _shown(bundle.about["leaves"]))
    facts = {"run_id": run_id, "track_id": track_id, "model_id": data["model_id"], "purpose": data["purpose"],
             "tracks": data["tracks"], "included": leaf is not None}  # fmt: skip
    if leaf is None:
        return Claim(f"{track_id} was not among the {data['tracks']} tracks of {run_id}", facts)
    use = f"read {leaf.reads} time(s), {'' if leaf.declared else 'not '}declared as used"
    says = f"{track_id} was granted to {run_id} for {data['purpose']}: {use}"
    return Claim(says, facts | leaf.model_dump(mode="json"))


def _shown(value: object) -> list[Shown]:
    if not isinstance(value, list) or not 1 <= len(value) <= 2:
        raise ValueError("one or two leaves are needed")
    found = []
    for one in value:
        _only(one, "entry", "index", "path")
        if type(one["index"]) is not int:
            raise ValueError("a leaf's place is a number")
        found.append(Shown(from_text(one["entry"]), one["index"], path_of(one["path"])))
    return found


def _output(bundle: OpenedBundle) -> Claim:
    """Output O was checked against the vault at snapshot S and against catalogues C, under policy P."""
    _only(bundle.about, "output_id")
    checked = _one(bundle.events, Kind.OUTPUT_CHECK, str(bundle.about["output_id"]))
    if len(bundle.events) != 1:
        raise ValueError("the file holds events of other outputs")
    data, versions = checked["data"], checked["versions"]
    catalogues = list(data["checked_against_external_catalogs"])
    snapshots = {name: versions.get(f"snapshot:{name}") for name in ("vault", *catalogues)}
    if data["checked_against_internal"] is not True or snapshots["vault"] in (None, "unread"):
        raise ValueError("the vault was not searched in this check")
    if not catalogues:
        raise ValueError("no outside catalogue was searched in this check")
    said = ", ".join(f"{name} at {snapshots[name] or 'its state then'}" for name in catalogues)
    says = (
        f"{checked['subject']} of model {data['model_id']}: {data['outcome']}; checked against the vault at "
        f"{snapshots['vault']} and against {said}, under policy {versions['policy']}"
    )
    facts = {name: data[name] for name in ("model_id", "outcome", "content_sha256", "audio_sha256", "missing")}
    return Claim(says, facts | {"output_id": checked["subject"], "versions": versions, "at": checked["at"]})


def _one(events: Sequence[Json], kind: Kind, subject: str | None = None) -> Json:
    """The only event of this kind (about this subject)."""
    found = [one for one in events if one.get("event") == kind and subject in (None, one.get("subject"))]
    if len(found) != 1:
        raise ValueError(f"exactly one event {kind} is needed{f' about {subject}' if subject else ''}")
    return found[0]


def _only(value: Any, *names: str) -> None:
    if not isinstance(value, dict) or set(value) != set(names):
        raise ValueError("the proof has other fields than its kind")


_JUDGES: dict[str, Callable[[OpenedBundle], Claim]] = {MODEL: _model, RUN_TRACK: _run_track, OUTPUT: _output}
