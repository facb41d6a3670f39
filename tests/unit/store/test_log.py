"""The log over objects: proofs from tiles hold at any size, and what is damaged proves nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from second_log import audit_path, consistency, mth
from vault_domain.errors import Corrupt, LostRace, NotFound
from vault_domain.proofs import check_proof, parse_proof
from vault_store.log import LogWriter
from vault_store.log_reader import LogReader
from vault_store.memory import MemoryObjects
from vault_store.signer import Ed25519Signer, verify

SIGNER = Ed25519Signer.from_secret("a secret for the log's tests", "log")
ENTRIES = [b'{"n":%d}' % number for number in range(700)]
SIZES = (1, 2, 255, 256, 257, 511, 512, 600, 700)


def a_writer(objects: MemoryObjects) -> LogWriter:
    return LogWriter(objects, "lemm.test/log", SIGNER)


def append(objects: MemoryObjects, entries: list[bytes]) -> None:
    writer = a_writer(objects)
    head = writer.append(writer.head(), entries)
    writer.write_files(head, entries)
    writer.publish(head)


def a_log() -> MemoryObjects:
    objects, done = MemoryObjects("log"), 0
    for size in SIZES:
        append(objects, ENTRIES[done:size])
        done = size
    return objects


LOG = a_log()
KEY = a_writer(LOG).key


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_proofs_are_those_of_the_definition(data: st.DataObject):
    size = data.draw(st.sampled_from(SIZES))
    index, since = data.draw(st.integers(0, size - 1)), data.draw(st.sampled_from(SIZES))
    reader = LogReader(LOG)
    if since > size:
        since = size
    proof = reader.proof(index, size, reader.archived(size), since)
    assert list(proof.inclusion) == audit_path(index, ENTRIES[:size])
    assert list(proof.older.path) == consistency(since, ENTRIES[:size])
    proven = check_proof(parse_proof(proof.to_bytes()), KEY, verify)
    assert (proven.event["n"], proven.checkpoint.root, proven.older.size) == (index, mth(ENTRIES[:size]), since)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_flipped_bit_in_any_file_never_proves_another_entry(data: st.DataObject):
    """A proof from damaged files is refused, or did not need what was damaged and is the true one."""
    key = data.draw(st.sampled_from([info.key for info in LOG.list("public/tile/")]))
    good = LOG.read(key, limit=10**7)
    at, bit = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(0, 7))
    index = data.draw(st.integers(0, 699))
    damaged = MemoryObjects("damaged")
    for info in LOG.list(""):
        damaged.write(info.key, LOG.read(info.key, limit=10**7), content_type="x")
    damaged.write(key, good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :], content_type="x")
    reader = LogReader(damaged)
    try:
        proven = check_proof(reader.proof(index, 700, reader.checkpoint(), 600), KEY, verify)
    except (Corrupt, ValueError):
        return
    assert proven.event == {"n": index}


@pytest.mark.parametrize("key", ["public/tile/0/002.p/188", "public/tile/1/000.p/2"])
def test_nothing_is_appended_to_a_damaged_edge(key: str):
    objects = a_log()
    data = objects.read(key, limit=10**7)
    objects.write(key, bytes([data[0] ^ 1]) + data[1:], content_type="x")
    with pytest.raises(Corrupt, match="do not have the root"):
        append(objects, [b"{}"])
    objects.delete(key, all_versions=True)
    with pytest.raises(Corrupt, match="is missing"):
        append(objects, [b"{}"])


def test_nothing_is_appended_after_an_unfinished_or_overtaken_head():
    objects = a_log()
    writer = a_writer(objects)
    before = writer.head()
    writer.append(before, [b"{}"])
    with pytest.raises(LostRace):
        writer.append(writer.head(), [b"{}"])
    with pytest.raises(LostRace):
        writer.append(before, [b'{"other":1}'])


def test_another_logs_checkpoint_is_not_continued():
    objects = a_log()
    with pytest.raises(Corrupt, match="not signed by this log"):
        LogWriter(objects, "another.test/log", SIGNER).head()
    with pytest.raises(Corrupt, match="not signed by this log"):
        LogWriter(objects, "lemm.test/log", Ed25519Signer.from_secret("another secret of 30 letters", "log")).head()


def test_there_is_nothing_beyond_the_end():
    reader = LogReader(LOG)
    for index in (-1, 700):
        with pytest.raises(NotFound):
            reader.entry(index, 700)
    with pytest.raises(NotFound):
        reader.archived(699)
