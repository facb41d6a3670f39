"""A second judge of proof files, written from docs/formats/proof.md alone; it shares no code with the first."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from second_log import mth, root_by_path, sha

Json = dict[str, Any]


def un64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def tree_of(note: str, vkey: str) -> tuple[int, bytes]:
    """Size and root of a checkpoint, after its signature was checked."""
    name, _, material = vkey.split("+", 2)
    text, _, signatures = note.rpartition("\n\n")
    dash, signer, encoded = signatures.splitlines()[0].split(" ")
    assert (dash, signer) == ("\u2014", name)
    Ed25519PublicKey.from_public_bytes(un64(material)[1:]).verify(un64(encoded)[4:], (text + "\n").encode())
    origin, size, root = text.split("\n")
    assert origin == name
    return int(size), un64(root)


def events_of(document: Json, vkey: str) -> list[Json]:
    """Every event of a bundle, found under the signed root."""
    size, root = tree_of(document["checkpoint"], vkey)
    found = []
    for one in document["events"]:
        entry = un64(one["entry"])
        assert root_by_path(sha(b"\0" + entry), one["index"], size, [un64(s) for s in one["inclusion"]]) == root
        found.append(json.loads(entry))
    return found


def in_run(data: bytes, vkey: str) -> bool:
    """Whether the track of a run-track proof was in its run."""
    document = json.loads(data)
    (closed,) = events_of(document, vkey)
    about, end = document["about"], closed["data"]
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
    document = json.loads(data)
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


def changes_between(data: bytes, vkey: str, older_entries: list[bytes]) -> list[str]:
    """Numbers of the policy versions in a range; ``older_entries`` are those that one already has."""
    document = json.loads(data)
    size, root = tree_of(document["checkpoint"], vkey)
    entries = [un64(entry) for entry in document["entries"]]
    if document["since"] is not None:
        assert tree_of(document["since"]["checkpoint"], vkey) == (len(older_entries), mth(older_entries))
    assert len(older_entries) + len(entries) == size
    assert mth(older_entries + entries) == root
    events = [json.loads(entry) for entry in entries]
    return [one["versions"]["policy"] for one in events if one["event"] == "policy_change"]
