"""A second judge of proof files, written from docs/formats/proof.md alone; it shares no code with the first."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from second_log import mth, root_by_path, sha

Json = dict[str, Any]


def un64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    assert base64.b64encode(data).decode() == text, "another spelling"
    return data


def document_of(data: bytes, kind: str) -> Json:
    """A file of this kind, in its one spelling."""
    document: Json = json.loads(data)
    assert json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == data
    assert document["type"] == f"application/vnd.lemm.{kind}.v1+json"
    return document


def tree_of(note: str, vkey: str) -> tuple[int, bytes]:
    """Size and root of a checkpoint, after its signature was checked."""
    name, key_hash, material = vkey.split("+", 2)
    text, _, signatures = note.rpartition("\n\n")
    assert signatures.endswith("\n")
    dash, signer, encoded = signatures.split("\n")[0].split(" ")
    assert (dash, signer) == ("\u2014", name)
    assert un64(encoded)[:4].hex() == key_hash
    Ed25519PublicKey.from_public_bytes(un64(material)[1:]).verify(un64(encoded)[4:], (text + "\n").encode())
    origin, size, root = text.split("\n")
    assert origin == name
    return int(size), un64(root)


def events_of(document: Json, vkey: str) -> list[Json]:
    """Every event of a bundle, found under the signed root."""
    assert set(document) == {"type", "checkpoint", "events", "about"}
    size, root = tree_of(document["checkpoint"], vkey)
    places = [one["index"] for one in document["events"]]
    assert all(0 <= place < size for place in places)
    assert len(set(places)) == len(places)
    found = []
    for one in document["events"]:
        entry = un64(one["entry"])
        assert root_by_path(sha(b"\0" + entry), one["index"], size, [un64(s) for s in one["inclusion"]]) == root
        found.append(json.loads(entry))
    return found


def in_run(data: bytes, vkey: str) -> bool:
    """Whether the track of a run-track proof was in its run."""
    document = document_of(data, "run-track-proof")
    (closed,) = events_of(document, vkey)
    about, end = document["about"], closed["data"]
    named = {"run_id": about["run_id"], "track_id": about["track_id"]}
    assert sha(json.dumps(named, sort_keys=True, separators=(",", ":")).encode()).hex() == about["sha256"]
    assert (closed["event"], closed["subject"]) == ("training_run.closed", about["run_id"])
    seen = []
    for one in about["leaves"]:
        entry, path = un64(one["entry"]), [un64(step) for step in one["path"]]
        found = root_by_path(sha(b"\0" + entry), one["index"], end["tracks"], path)
        assert found.hex() == end["tracks_root"]
        seen.append((one["index"], json.loads(entry)["track_id"]))
    wanted = about["track_id"]
    if [name for _, name in seen] == [wanted]:
        return True
    if len(seen) == 1:
        ((index, name),) = seen
        assert (index == 0 and wanted < name) or (index == end["tracks"] - 1 and name < wanted)
    else:
        (low, before), (high, after) = seen
        assert high == low + 1
        assert before < wanted < after
    return False


def packs_of(data: bytes, vkey: str) -> list[str]:
    """The packs that a model proof shows."""
    document = document_of(data, "model-proof")
    events = events_of(document, vkey)
    envelope = document["about"]["envelope"]
    (registered,) = [one for one in events if one["event"] == "model.registered"]
    assert hashlib.sha256(envelope.encode()).hexdigest() == registered["data"]["statement_sha256"]
    payload = un64(json.loads(envelope)["payload"])
    told = json.loads(payload)["predicate"]["buildDefinition"]["externalParameters"]
    for run in told["runs"]:
        life = [one for one in events if one["subject"] == run["run_id"]]
        (closed,) = [one for one in life if one["event"] == "training_run.closed"]
        batches = [one for one in life if one["event"] == "training_batch"]
        assert len(batches) == closed["data"]["manifests"]
        assert closed["data"]["tracks_root"] == run["tracks_root"]
        assert all(one["data"]["packs"] == run["spec"]["packs"] for one in batches)
    return sorted({pack for run in told["runs"] for pack in run["spec"]["packs"]})


def checked_against(data: bytes, vkey: str) -> Json:
    """What an output proof shows: the output, what was searched at which snapshot, the policy, the outcome."""
    document = document_of(data, "output-proof")
    (event,) = events_of(document, vkey)
    assert document["about"] == {"output_id": event["subject"]}
    assert event["event"] == "output_similarity_check"
    said, versions = event["data"], event["versions"]
    outside = said["checked_against_external_catalogs"]
    assert said["checked_against_internal"] is True, "the vault was not searched"
    assert len(outside) >= 1, "no outside catalogue was searched"
    searched = {name: versions[f"snapshot:{name}"] for name in ("vault", *outside)}
    assert searched["vault"] != "unread"
    return {
        "output": event["subject"], "searched": searched, "policy": versions["policy"], "outcome": said["outcome"],
    }  # fmt: skip


def changes_between(data: bytes, vkey: str, older_entries: list[bytes]) -> list[str]:
    """Numbers of the policy versions in a range; ``older_entries`` are those that one already has."""
    document = document_of(data, "policy-proof")
    size, root = tree_of(document["checkpoint"], vkey)
    entries = [un64(entry) for entry in document["entries"]]
    if document["since"] is not None:
        assert tree_of(document["since"]["checkpoint"], vkey) == (len(older_entries), mth(older_entries))
    assert len(older_entries) + len(entries) == size
    assert mth(older_entries + entries) == root
    events = [json.loads(entry) for entry in entries]
    return [one["versions"]["policy"] for one in events if one["event"] == "policy_change"]
