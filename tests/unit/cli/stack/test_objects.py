"""Object files: bytes and metadata in place together, whatever step a crash stops at."""

import asyncio
import contextlib
import errno
import itertools
from pathlib import Path

import pytest
from lemm.stack import objects
from lemm.stack.objects import DurableObjects, finish_pairs, sidecar, store


class _Crash(BaseException):
    pass


class S3:
    """The S3 module's way to say an error."""

    @staticmethod
    def _error(code, message, status):
        return status, {}, f"{code}: {message}".encode()


def read(path: Path) -> tuple[bytes, bytes] | None:
    """What MiniStack's loader would find: no bytes, no object."""
    return (path.read_bytes(), sidecar(path).read_bytes()) if path.exists() else None


def crashing(monkeypatch, crash_at):
    """Stop at the n-th step: every file written, cut short, renamed, removed or synced is one."""
    steps = itertools.count(1)

    def step(real):
        def run(*arguments, **options):
            if next(steps) == crash_at:
                raise _Crash
            return real(*arguments, **options)

        return run

    def half_written(path, data, mode=0o600):
        if next(steps) == crash_at:
            path.write_bytes(data[: len(data) // 2])
            raise _Crash
        real_write(path, data, mode)

    real_write = objects.write_file
    monkeypatch.setattr(objects, "write_file", half_written)
    for name in ("sync_file", "sync_folder"):
        monkeypatch.setattr(objects, name, step(getattr(objects, name)))
    for name in ("replace", "unlink", "mkdir"):
        monkeypatch.setattr(Path, name, step(getattr(Path, name)))


@pytest.mark.parametrize("before", [None, (b"old", b"old meta")])
@pytest.mark.parametrize("crash_at", range(1, 13))
def test_a_crash_at_any_step_leaves_the_old_or_the_new(tmp_path, monkeypatch, before, crash_at):
    path = tmp_path / "b" / "deep" / "key"
    if before:
        store(path, *before)
    finished = True
    with monkeypatch.context() as patched:
        crashing(patched, crash_at)
        try:
            store(path, b"new", b"new meta")
        except _Crash:
            finished = False
    finish_pairs(tmp_path)
    assert read(path) in ([(b"new", b"new meta")] if finished else [before, (b"new", b"new meta")])
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize("crash_at", range(1, 8))
def test_a_crash_while_finishing_is_finished_the_next_time(tmp_path, monkeypatch, crash_at):
    for number in range(2):
        path = tmp_path / f"key{number}"
        store(path, b"old", b"old meta")
        (tmp_path / f"key{number}.abc.tmp").write_bytes(b"new")
        (tmp_path / f"key{number}.meta.json.abc.pair.tmp").write_bytes(b"new meta")
    (tmp_path / "key1.abc.tmp").replace(tmp_path / "key1")
    with monkeypatch.context() as patched:
        crashing(patched, crash_at)
        with contextlib.suppress(_Crash):
            finish_pairs(tmp_path)
    finish_pairs(tmp_path)
    assert read(tmp_path / "key0") == (b"old", b"old meta")
    assert read(tmp_path / "key1") == (b"new", b"new meta")
    assert not list(tmp_path.rglob("*.tmp"))


def test_half_written_metadata_alone_is_dropped(tmp_path):
    store(tmp_path / "key", b"1", b"{}")
    (tmp_path / "key.meta.json.abc.tmp").write_bytes(b'{"ta')
    assert finish_pairs(tmp_path) == 0
    assert read(tmp_path / "key") == (b"1", b"{}")


def test_a_body_that_is_on_the_disk_already_stays(tmp_path):
    store(tmp_path / "key", b"1", b"{}")
    store(tmp_path / "key", None, b'{"tags": 1}')
    assert read(tmp_path / "key") == (b"1", b'{"tags": 1}')


def test_a_displaced_version_keeps_its_bytes(tmp_path):
    store(tmp_path / "key", b"1", b"{}")
    objects.link(tmp_path / "key", tmp_path / ".versions" / "v1" / "key")
    objects.link(tmp_path / "key", tmp_path / ".versions" / "v1" / "key")
    store(tmp_path / "key", b"2", b"{}")
    assert (tmp_path / ".versions" / "v1" / "key").read_bytes() == b"1"


def test_an_object_is_removed_bytes_first(tmp_path, monkeypatch):
    store(tmp_path / "key", b"1", b"{}")
    order = []
    unlink = Path.unlink
    monkeypatch.setattr(Path, "unlink", lambda path: (order.append(path.name), unlink(path)))
    objects.remove_key_files(str(tmp_path / "key"))
    objects.remove_key_files(str(tmp_path / "key"))
    objects.remove_key_files(None)
    assert order == ["key", "key.meta.json"]


def test_every_changed_folder_is_synced_before_the_reply(tmp_path, monkeypatch):
    synced = []
    sync_folder = objects.sync_folder
    monkeypatch.setattr(objects, "sync_folder", lambda folder: (synced.append(folder), sync_folder(folder)))

    async def put(*request):
        store(tmp_path / "a" / "b" / "key", b"1", b"{}")
        assert synced == []
        return 200, {}, b""

    assert asyncio.run(DurableObjects(S3)._honest_reply(put)("PUT"))[0] == 200
    assert set(synced) == {tmp_path, tmp_path / "a", tmp_path / "a" / "b"}


def test_a_full_disk_becomes_an_error_reply_even_if_the_emulator_swallows_it(tmp_path, monkeypatch):
    def full(path, data, mode=0o600):
        raise OSError(errno.ENOSPC, "No space left on device")

    async def swallowing(*request):
        with contextlib.suppress(OSError):
            objects.atomic_write(tmp_path / "x", b"1")
        return 200, {}, b""

    async def raising(*request):
        objects.atomic_write(tmp_path / "x", b"1")
        return 200, {}, b""

    monkeypatch.setattr(objects, "write_file", full)
    for inner in (swallowing, raising):
        status, _, body = asyncio.run(DurableObjects(S3)._honest_reply(inner)("PUT"))
        assert (status, b"No space left" in body) == (500, True)
