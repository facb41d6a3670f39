"""Object files: bytes and metadata in place together, whatever step a crash stops at."""

import contextlib
import errno
import itertools
import json
from pathlib import Path

import pytest
from lemm.stack import objects
from lemm.stack.objects import DurableObjects, finish_intents, sidecar


class _Crash(BaseException):
    pass


def read(path: Path) -> tuple[bytes, bytes] | None:
    """What MiniStack's loader would find: no bytes, no object."""
    return (path.read_bytes(), sidecar(path).read_bytes()) if path.exists() else None


def store(tmp_path: Path) -> DurableObjects:
    finish_intents(tmp_path / "intents", tmp_path / "s3")
    return DurableObjects(None, tmp_path / "intents")


@pytest.mark.parametrize("before", [None, (b"old", b"old meta")])
@pytest.mark.parametrize("crash_at", range(1, 14))
def test_a_crash_at_any_step_leaves_the_old_or_the_new(tmp_path, monkeypatch, before, crash_at):
    place, path = store(tmp_path), tmp_path / "s3" / "b" / "key"
    if before:
        place.store(path, *before)
    steps = itertools.count(1)

    def step(real):
        def run(*arguments, **options):
            if next(steps) == crash_at:
                raise _Crash
            return real(*arguments, **options)

        return run

    finished = True
    with monkeypatch.context() as patched:
        for name in ("sync_folder", "write_synced", "make_folder"):
            patched.setattr(objects, name, step(getattr(objects, name)))
        patched.setattr(Path, "replace", step(Path.replace))
        patched.setattr(Path, "unlink", step(Path.unlink))
        try:
            place.store(path, b"new", b"new meta")
        except _Crash:
            finished = False
    finish_intents(tmp_path / "intents", tmp_path / "s3")
    assert read(path) in ([(b"new", b"new meta")] if finished else [before, (b"new", b"new meta")])
    assert not list(tmp_path.rglob("*.tmp"))
    assert not list((tmp_path / "intents").iterdir())


def test_finishing_twice_changes_nothing(tmp_path):
    place, path = store(tmp_path), tmp_path / "s3" / "b" / "key"
    place.store(path, b"1", b"{}")
    (tmp_path / "intents" / "old.json").write_text(json.dumps([[str(path) + ".gone.tmp", str(path)]]))
    assert finish_intents(tmp_path / "intents", tmp_path / "s3") == 0
    assert read(path) == (b"1", b"{}")


def test_a_body_that_is_on_the_disk_already_stays(tmp_path):
    place, path = store(tmp_path), tmp_path / "s3" / "b" / "key"
    place.store(path, b"1", b"{}")
    place.store(path, None, b'{"tags": 1}')
    assert read(path) == (b"1", b'{"tags": 1}')


def test_an_object_is_removed_bytes_first(tmp_path):
    place, path = store(tmp_path), tmp_path / "s3" / "b" / "key"
    place.store(path, b"1", b"{}")
    objects.remove_key_files(str(path))
    assert not path.exists()
    assert not sidecar(path).exists()
    objects.remove_key_files(str(path))
    objects.remove_key_files(None)


def test_a_full_disk_becomes_an_error_reply_even_if_the_emulator_swallows_it(tmp_path, monkeypatch):
    import asyncio

    class S3:
        @staticmethod
        def _error(code, message, status):
            return status, {}, f"{code}: {message}".encode()

    def full(path, data, mode=0o600):
        raise OSError(errno.ENOSPC, "No space left on device")

    async def swallowing(*request):
        with contextlib.suppress(OSError):
            objects.atomic_write(tmp_path / "x", b"1")
        return 200, {}, b""

    async def raising(*request):
        objects.atomic_write(tmp_path / "x", b"1")
        return 200, {}, b""

    monkeypatch.setattr(objects, "write_synced", full)
    place = DurableObjects(S3, tmp_path)
    for inner in (swallowing, raising):
        status, _, body = asyncio.run(place._honest_reply(inner)("PUT"))
        assert (status, b"No space left" in body) == (500, True)
