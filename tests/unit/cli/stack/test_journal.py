"""The journal: order, durability, recovery, and a crash at every point of a compaction."""

import asyncio
import contextlib
import itertools
import shutil
import threading
from pathlib import Path

import pytest
from lemm.stack import images as image
from lemm.stack import journal as journals
from lemm.stack.images import Images
from lemm.stack.journal import Journal, JournalFailed
from vault_domain.errors import Corrupt


def put(number: int) -> str:
    return image.put("acc/reg/things", f"k{number}", "s", {"pk": {"S": f"k{number}"}, "n": {"N": str(number)}})


def numbers(images: Images) -> set[str]:
    return {pk for pk, _ in images.tables.get("acc/reg/things", {})}


def opened(folder: Path, **options) -> tuple[Journal, Images]:
    journal = Journal(folder)
    return journal, journal.recover(**options)


def test_entries_come_back_in_order_over_several_starts(tmp_path):
    for start in range(12):
        journal, images = opened(tmp_path)
        assert numbers(images) == {f"k{number}" for number in range(start)}
        journal.wait(journal.append([put(start)]))
        journal.close()


def test_a_later_image_wins_and_a_removal_holds(tmp_path):
    journal, _ = opened(tmp_path)
    journal.append([image.put("t", "a", "s", {"v": {"N": "1"}})])
    journal.append([image.put("t", "a", "s", {"v": {"N": "2"}}), image.put("t", "b", "s", {"v": {"N": "3"}})])
    journal.append([image.removed("t", "b", "s")])
    journal.append([image.put("gone", "b", "s", {}), image.dropped("gone")])
    journal.close()
    assert opened(tmp_path)[1].tables == {"t": {("a", "s"): {"v": {"N": "2"}}}}


def test_waiting_callers_share_a_sync(tmp_path):
    journal, _ = opened(tmp_path)

    async def many() -> None:
        await asyncio.gather(*(journal.durable(journal.append([put(number)])) for number in range(500)))

    asyncio.run(many())
    assert journal.syncs < 250
    journal.close()
    assert len(opened(tmp_path)[1]) == 500


def test_durable_returns_only_after_the_sync(tmp_path, monkeypatch):
    journal, _ = opened(tmp_path)
    release, reached = threading.Event(), threading.Event()

    def slow(fd: int) -> None:
        reached.set()
        release.wait(5)

    monkeypatch.setattr(journals.os, "fdatasync", slow)

    async def scene() -> bool:
        waiting = asyncio.ensure_future(journal.durable(journal.append([put(1)])))
        await asyncio.to_thread(reached.wait, 5)
        early = waiting.done()
        release.set()
        await waiting
        return early

    assert asyncio.run(scene()) is False
    journal.close()


def test_a_full_disk_fails_the_waiting_and_everything_after(tmp_path, monkeypatch):
    journal, _ = opened(tmp_path)

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journals.os, "fdatasync", full)
    ticket = journal.append([put(1)])
    with pytest.raises(JournalFailed, match="No space"):
        asyncio.run(journal.durable(ticket))
    with pytest.raises(JournalFailed):
        journal.wait(ticket)
    with pytest.raises(JournalFailed):
        journal.append([put(2)])
    journal.close()


def test_a_torn_tail_is_mended_once_and_for_all(tmp_path):
    journal, _ = opened(tmp_path)
    for number in range(3):
        journal.wait(journal.append([put(number)]))
    journal.close()
    segment = next(tmp_path.glob("segment-*.log"))
    segment.write_bytes(segment.read_bytes()[:-3])
    journal, images = opened(tmp_path)
    assert numbers(images) == {"k0", "k1"}
    journal.wait(journal.append([put(9)]))
    journal.close()
    assert numbers(opened(tmp_path)[1]) == {"k0", "k1", "k9"}


def test_damage_in_the_middle_refuses_to_start(tmp_path):
    journal, _ = opened(tmp_path)
    for number in range(3):
        journal.wait(journal.append([put(number)]))
    journal.close()
    segment = next(tmp_path.glob("segment-*.log"))
    data = bytearray(segment.read_bytes())
    data[30] ^= 0xFF
    segment.write_bytes(data)
    with pytest.raises(Corrupt, match=r"segment-00000001\.log: damaged at byte 0; restore"):
        opened(tmp_path)


def test_a_missing_segment_refuses_to_start(tmp_path):
    for number in range(3):
        journal, _ = opened(tmp_path)
        journal.wait(journal.append([put(number)]))
        journal.close()
    (tmp_path / "segment-00000002.log").unlink()
    with pytest.raises(Corrupt, match="missing"):
        opened(tmp_path)


def test_a_cut_snapshot_refuses_to_start(tmp_path):
    journal, _images = opened(tmp_path)
    journal.wait(journal.append([put(1)]))
    journal.write_snapshot(journal.rotate(), [put(1)])
    journal.close()
    snapshot = next(tmp_path.glob("snapshot-*.snap"))
    snapshot.write_bytes(snapshot.read_bytes()[:-1])
    with pytest.raises(Corrupt):
        opened(tmp_path)


def test_a_large_journal_is_compacted_at_start(tmp_path):
    journal, _ = opened(tmp_path)
    for _ in range(20):
        journal.append([put(number) for number in range(50)])
    journal.close()
    before = sum(file.stat().st_size for file in tmp_path.iterdir())
    journal, images = opened(tmp_path, compact_bytes=1000)
    journal.close()
    assert len(images) == 50
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < before / 10
    assert len(opened(tmp_path)[1]) == 50


class _Crash(BaseException):
    pass


@pytest.mark.parametrize("crash_at", range(1, 16))
def test_a_crash_at_any_step_of_a_compaction_loses_nothing(tmp_path, monkeypatch, crash_at):
    """Steps: every write, rename, sync and unlink that a compaction makes."""
    journal, _ = opened(tmp_path / "live")
    for number in range(5):
        journal.wait(journal.append([put(number)]))
    segment = journal.rotate()
    journal.wait(journal.append([put(5)]))
    steps = itertools.count(1)

    def step(real):
        def run(*arguments, **options):
            if next(steps) == crash_at:
                raise _Crash
            return real(*arguments, **options)

        return run

    with monkeypatch.context() as patched:
        patched.setattr(journals.os, "fsync", step(journals.os.fsync))
        patched.setattr(journals, "sync_folder", step(journals.sync_folder))
        patched.setattr(journals.frames, "encode", step(journals.frames.encode))
        patched.setattr(Path, "replace", step(Path.replace))
        patched.setattr(Path, "unlink", step(Path.unlink))
        with contextlib.suppress(_Crash):
            journal.write_snapshot(segment, (put(number) for number in range(5)))
    shutil.copytree(tmp_path / "live", tmp_path / "after")
    journal.close()
    assert numbers(opened(tmp_path / "after")[1]) == {f"k{number}" for number in range(6)}


def test_a_record_of_a_newer_version_is_refused():
    with pytest.raises(Corrupt, match="unknown kind"):
        Images().apply(["q", "t"])
