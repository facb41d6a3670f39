"""A whole vault in memory behind the real interfaces.

``Simulator()`` has a clock that stands still, ids that repeat, all tables and
buckets, keys, secrets, state machines and other functions. ``sim.deps`` is what
a step gets; ``sim.store`` and ``sim.buckets`` are what a test looks at.

    sim = Simulator()
    app.bind(sim.deps)
    sim.kill_at(2)                      # the second effect from now never happens
    with pytest.raises(Killed): ...     # nor does anything after it
    assert sim.dump() == before

``killed_everywhere`` runs a step once for every effect that it has, killed
before and after that effect and then run again: each must end well.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from event_law import breaches
from vault_domain.errors import Conflict
from vault_domain.ports import Objects, PostForm, Records
from vault_edge.deps import BUCKETS, TABLES, Deps
from vault_store.clock import FixedClock
from vault_store.ids import SeededIds
from vault_store.memory import MemoryBuckets, MemoryRecords
from vault_store.secrets import MemorySecrets
from vault_store.signer import Ed25519Signer

T = TypeVar("T")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRETS = ("jwt", "receipt", "salt", "log")
MAIL = {"LEMM_SECRET_MAIL": "secret-mail", "MAIL_CONFIGURED": "true", "MAIL_FROM": "LEMM Vault <vault@lemm.test>"}


class Killed(BaseException):
    """The process died here. Not an ``Exception``: no handler may catch it and go on."""


@dataclass
class Fuse:
    """Counts effects, and dies at the one that it was set for."""

    effects: int = 0
    at: int | None = None
    after: bool = False

    def run(self, effect: Callable[[], T]) -> T:
        """Let one effect happen, unless it is the one to die at."""
        self.effects += 1
        due = self.at is not None and self.effects >= self.at
        if due and (not self.after or self.effects > (self.at or 0)):
            raise Killed(f"before effect {self.effects}")
        result = effect()
        if due:
            raise Killed(f"after effect {self.effects}")
        return result


class _Fused:
    """A port whose named methods count as effects; everything else passes straight through."""

    def __init__(self, inner: Any, fuse: Fuse, *effects: str) -> None:
        self._inner, self._fuse, self._effects = inner, fuse, frozenset(effects)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._effects:
            return found
        return lambda *given, **named: self._fuse.run(lambda: found(*given, **named))


class _Lawful:
    """Records that take no event which holds what the public log must not hold (``event_law``)."""

    def __init__(self, inner: MemoryRecords) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def commit(self, changes: Any, events: Any = ()) -> None:
        found = [breach for event in events for breach in breaches(event)]
        assert not found, f"{found}; if it is right, tests/event_law.py has to say so"
        self._inner.commit(changes, events)


@dataclass
class Tasks:
    """State machines: what was started, and how waiting tasks were answered."""

    started: list[tuple[str, str, Any]] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)
    succeeded: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, tuple[str, str]] = field(default_factory=dict)

    def start(self, machine: str, name: str, document: Any) -> str:
        """Raises ``Conflict`` for a name that was used before, as Step Functions does."""
        if any((machine, name) == (known, used) for known, used, _ in self.started):
            raise Conflict("This execution was started already")
        self.started.append((machine, name, through_json(document)))
        return f"arn:{machine}:{name}"

    def succeed(self, token: str, output: Any) -> bool:
        """False when nobody waits with this token."""
        if token not in self.waiting:
            return False
        self.waiting.remove(token)
        self.succeeded[token] = through_json(output)
        return True

    def fail(self, token: str, error: str, cause: str) -> bool:
        """False when nobody waits with this token."""
        if token not in self.waiting:
            return False
        self.waiting.remove(token)
        self.failed[token] = (error, cause)
        return True


class Simulator:
    """One vault. Everything that a step changes goes through ``fuse``."""

    def __init__(self, seed: int = 0, now: datetime = NOW, environ: Mapping[str, str] | None = None) -> None:
        self.clock = FixedClock(now)
        self.new_id = SeededIds(seed)
        self.fuse = Fuse()
        self.store = MemoryRecords()
        self.buckets = MemoryBuckets(clock=self.clock)
        self.task_log = Tasks()
        self.functions: dict[str, Callable[[Any], Any]] = {}
        self.secrets = MemorySecrets(
            {f"secret-{name}": f"{name} of simulator {seed}, 32 characters" for name in SECRETS}
        )
        self.environ = dict(_environ() | dict(environ or {}))
        self.records: Records = _Fused(_Lawful(self.store), self.fuse, "commit")  # type: ignore[assignment]
        self.tasks = _Fused(self.task_log, self.fuse, "start", "succeed", "fail")
        self.deps = self.container()

    def container(self, **given: Any) -> Deps:
        """A freshly started function over this same world; ``given`` replaces parts of it."""
        return Deps(
            self.environ,
            **{
                "clock": self.clock,
                "new_id": self.new_id,
                "records": self.records,
                "bucket": self.bucket,
                "secrets": self.secrets,
                "tasks": self.tasks,
                "invoke": self.invoke,
                **given,
            },
        )

    def bucket(self, name: str) -> Objects:
        """A bucket by its role, as steps see it."""
        if name not in BUCKETS:
            raise ValueError(f"no bucket {name!r}")
        inner = self.buckets.open(self.environ[f"LEMM_BUCKET_{name.upper()}"])
        return _Fused(inner, self.fuse, "write", "write_if", "copy_from", "delete")  # type: ignore[return-value]

    def signer(self, purpose: str) -> Ed25519Signer:
        """The key that ``deps.signer(purpose)`` holds."""
        return Ed25519Signer.from_secret(self.secrets.get(f"secret-{purpose}"), purpose=purpose)

    def invoke(self, function: str, payload: Any) -> Any:
        """Call another function by its variable; ``sim.functions[...]`` says what answers."""
        return through_json(self.functions[function](through_json(payload)))

    def post(self, form: PostForm, data: bytes, **wrong: str) -> None:
        """Upload through a presigned form, as a browser would."""
        self.buckets.submit(form, data, **wrong)

    def kill_at(self, effect: int, *, after: bool = False) -> None:
        """Die before (or just after) the n-th effect from now, and at every later one."""
        self.fuse.at, self.fuse.after = self.fuse.effects + effect, after

    def revive(self) -> Deps:
        """Let effects happen again, in a fresh container."""
        self.fuse.at = None
        return self.container()

    def dump(self) -> dict[str, Any]:
        """Everything stored: two equal dumps are two equal vaults."""
        buckets = {name: bucket.dump() for name, bucket in sorted(self.buckets.buckets.items())}
        tasks = (self.task_log.started, self.task_log.succeeded, self.task_log.failed)
        return {"records": self.store.dump(), "buckets": buckets, "tasks": through_json(tasks)}


def killed_everywhere(make: Callable[[], tuple[Simulator, Callable[[Deps], Any]]]) -> Iterator[tuple[str, Simulator]]:
    """For every effect of a step: a world in which it was killed there and then run again.

    ``make`` gives a fresh world and the step as a function of its dependencies.
    Yields a label and the world after the repeated run; first the undisturbed one.
    """
    sim, step = make()
    began = sim.fuse.effects
    step(sim.deps)
    effects = sim.fuse.effects - began
    yield "undisturbed", sim
    for effect in range(1, effects + 1):
        for after in (False, True):
            sim, step = make()
            sim.kill_at(effect, after=after)
            try:
                step(sim.deps)
            except Killed:
                step(sim.revive())
                yield f"killed {'after' if after else 'before'} effect {effect} of {effects}", sim
            else:
                raise AssertionError(f"the step never reached effect {effect} of {effects}")


def through_json(document: Any) -> Any:
    """What the other side of a wire would see."""
    return json.loads(json.dumps(document, default=lambda value: value.model_dump(mode="json")))


def _environ() -> dict[str, str]:
    found = {f"LEMM_TABLE_{table.upper()}": table for table in TABLES}
    found |= {f"LEMM_BUCKET_{bucket.upper()}": bucket for bucket in BUCKETS}
    found |= {f"LEMM_SECRET_{name.upper()}": f"secret-{name}" for name in SECRETS}
    return found | {
        "LEMM_FUNCTION_DECODE": "decode",
        **MAIL,
        "PUBLIC_URL": "https://lemm.test",
        "LEMM_STATE_MACHINE_INGEST": "ingest",
        "LEMM_STATE_MACHINE_PACK_BUILD": "pack-build",
        "LOG_ORIGIN": "lemm.test/log",
    }
