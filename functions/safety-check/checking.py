"""One check on its way: what is compared, and how its answer comes on record.

A sound that was answered for under the same versions is not compared again,
whatever its output is called; two callers at once with one sound write one
answer, and the slower of them takes the faster one's. An output that was
judged by the stricter thresholds meanwhile is judged by them here too. One
that was exported is checked with the sound of its export only, one that was
suspended or withdrawn with the sounds that this was about.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from vault_audio.features import EmbeddingLike, Features, embedded, extract, pack, with_embedding
from vault_domain.decision import Clearance, decide_output
from vault_domain.errors import Conflict
from vault_domain.events import Kind, make_event
from vault_domain.evidence import SourceReport
from vault_domain.exporting import ExportedSound, same_sound
from vault_domain.hearing import weighed
from vault_domain.model_names import ModelUse, use_key
from vault_domain.ports import Change, Put, Records, Together, Wanted
from vault_domain.safety import (
    STRICTER,
    CheckAsk,
    Heard,
    OutputCheck,
    event_facts,
    is_stricter,
    make_check,
    on_record,
    same_check,
)
from vault_domain.same_sound import SoundAnswer, answer_name, answered_by, answers_key, is_valid, repeated
from vault_domain.suspensions import Standing, decided_sound
from vault_domain.uploads import expire, pin
from vault_edge.app import Caller, Deps
from vault_edge.matching import Query
from vault_edge.output_audio import Sent, Sound
from vault_edge.output_checks import Basis, earlier_checks, reports_of, under_stricter
from vault_edge.racing import settled
from vault_edge.releasing import gate_of, gate_wanted
from vault_edge.suspending import standing_of, standing_wanted
from vault_edge.withheld import explained


@dataclass(frozen=True, eq=False)
class Job:
    """One question: who asks, what was sent and heard, and what it rests on."""

    ask: CheckAsk
    caller: Caller
    sent: Sent
    sound: Sound
    basis: Basis
    prompt_check: str | None = None
    """The check of its prompt, whose token asked for the stricter thresholds."""


@dataclass(frozen=True, eq=False)
class Found:
    """What a comparison came to."""

    heard: Heard
    reports: tuple[SourceReport, ...]
    clearance: Clearance


def earlier(output_id: str, caller: Caller, deps: Deps) -> tuple[OutputCheck, ...]:
    """The checks of an output so far. Raises ``Conflict`` for another service's output."""
    made = earlier_checks(output_id, deps)
    if made and made[0].service != caller.id:
        raise Conflict("this output id is taken; choose another")
    return made


class _NotCompared(Exception):
    """There is no answer to this sound yet."""


class _Overtaken(Exception):
    """The output was judged by the stricter thresholds since this check began."""


def checked(job: Job, deps: Deps) -> tuple[OutputCheck, bool]:
    """The check, and whether it is a new one; compared only where there is no answer yet.

    What is suspended is read after the comparison, which takes its time: what was suspended meanwhile is blocked.
    """
    try:
        return _checked(job, deps)
    except _Overtaken:
        return _checked(replace(job, basis=under_stricter(job.basis)), deps)


def _checked(job: Job, deps: Deps) -> tuple[OutputCheck, bool]:
    try:
        return settled(lambda: _record(job, _none_yet, deps))
    except _NotCompared:
        found = _compared(job, deps)
        return settled(lambda: _record(job, lambda: found, deps))


def _none_yet() -> Found:
    raise _NotCompared


def _record(job: Job, compared: Callable[[], Found], deps: Deps) -> tuple[OutputCheck, bool]:
    made, known = _read(job, deps)
    sound = job.sound.audio_sha256
    if any(is_stricter(one) for one in made) and not STRICTER.items() <= job.basis.versions.items():
        raise _Overtaken
    stands = standing_of(job.ask.model_id, job.ask.output_id, sound, deps, known)
    decided_sound(stands.decided, sound)
    gate = gate_of(job.ask.model_id, job.ask.model_version, deps, known)
    versions = gate.versions(stands.versions(job.basis.versions))
    ours = [same_sound(known.get(ExportedSound, job.ask.output_id), job.ask.output_id, sound)] if made else []
    if made and same_check(made[-1], job.ask, sound, versions):
        return made[-1], False
    row, seen = _answered_before(job, versions, known if versions == job.basis.versions else deps.records, deps)
    if seen is not None:
        one = _again(seen, job, len(made) + 1, deps)
    else:
        one = gate.over(_new(compared(), job, len(made) + 1, stands, versions, deps))
    one = one.with_changes(prompt_check=job.prompt_check)
    facts = event_facts(one) | ({"same_as": f"{seen.output_id}#{seen.check}"} if seen else {})
    event = make_event(
        deps.new_id("evt"), Kind.OUTPUT_CHECK, one.output_id, job.caller.actor, one.at, one.versions, **facts
    )
    one = on_record(one, event)
    changes: list[Change] = [Put(one, 0), *_used(job, one), *_named(one, known), *stands.watched, *ours]
    # What is suspended is about this output or its model; the answer of a sound is about the sound alone.
    # It moves on with its output: only an output's last check answers.
    fresh = seen is None or seen.output_id == one.output_id
    answer = answered_by(one) if fresh and versions == job.basis.versions else None
    changes += [Put(answer, row.version if row else 0)] if answer else []
    deps.records.commit(changes, [event])
    return one, True


def _read(job: Job, deps: Deps) -> tuple[tuple[OutputCheck, ...], Together]:
    """The output's checks, and side by side in one request everything else that a record rests on."""
    ask, sound = job.ask, job.sound.audio_sha256
    wanted: list[Wanted] = [
        *standing_wanted(ask.model_id, ask.output_id, sound),
        *gate_wanted(ask.model_id, ask.model_version),
        (ExportedSound, ask.output_id, ExportedSound.kind),
        (ModelUse, *use_key(ask.model_id, job.caller.id)),
        (SoundAnswer, *_answer_key(job, job.basis.versions)),
    ]
    with ThreadPoolExecutor(1) as beside:
        reading = beside.submit(deps.records.together, wanted)
        made = earlier(ask.output_id, job.caller, deps)
        return made, reading.result()


def _answer_key(job: Job, versions: dict[str, str]) -> tuple[str, str]:
    return answers_key(job.caller.id, job.sound.audio_sha256), answer_name(versions)


def _answered_before(
    job: Job, versions: dict[str, str], known: Together | Records, deps: Deps
) -> tuple[SoundAnswer | None, OutputCheck | None]:
    """The row that names the answer to this sound, and the answer if it is valid."""
    sound = job.sound.audio_sha256
    row = known.get(SoundAnswer, *_answer_key(job, versions))
    made = earlier_checks(row.output_id, deps) if row else ()
    seen = next((one for one in made if row and one.check == row.check), None)
    return row, seen if seen and is_valid(seen, made[-1], sound, versions, deps.clock()) else None


def _again(seen: OutputCheck, job: Job, number: int, deps: Deps) -> OutputCheck:
    return repeated(seen, job.ask, number, job.sound.content_sha256, job.sent.upload_id, deps.clock())


def _new(
    found: Found, job: Job, number: int, stands: Standing, versions: dict[str, str], deps: Deps
) -> OutputCheck:  # fmt: skip
    weak = job.basis.policy.thresholds.weak
    return make_check(
        job.ask, number, job.caller.id, found.heard, found.reports, stands.over(found.clearance), weak, versions,
        deps.clock(),
    )  # fmt: skip


def _used(job: Job, one: OutputCheck) -> list[Change]:
    """An upload answers for one check."""
    if job.sent.upload is None:
        return []
    return [Put(expire(pin(job.sent.upload, job.sent.version_id, one.at), one.at), job.sent.upload.version)]


def _named(one: OutputCheck, known: Together) -> list[Change]:
    """The first check under a model's name by this service: from now on nobody else registers the name."""
    use = ModelUse(model_id=one.model_id, service=one.service, since=one.at)
    return [] if known.get(ModelUse, *use.key()) else [Put(use, 0)]


def _compared(job: Job, deps: Deps) -> Found:
    """Compare with every source, and decide; embed and keep the fingerprints beside it, since no search needs them."""
    ask, sound, basis, embedder = job.ask, job.sound, job.basis, deps.embedder
    with ThreadPoolExecutor(1) as beside:
        embedding = beside.submit(embedded, sound.samples, embedder.embed) if embedder else None
        features = extract(sound.samples)
        keeping = beside.submit(_kept, features, embedding, job, deps)
        reports = reports_of(Query(ask.output_id, features, sound.audio_sha256, sound.chromaprint), basis, deps)
        decided = explained(decide_output(reports, basis.policy, basis.configured), reports, deps)
        clearance = weighed(decided, sound.flags)
        key = keeping.result()
    heard = Heard(
        sound.content_sha256, sound.audio_sha256, sound.duration_s, sound.chromaprint, key, job.sent.upload_id
    )
    return Found(heard, reports, clearance)


def _kept(features: Features, embedding: "Future[EmbeddingLike] | None", job: Job, deps: Deps) -> str:
    """Where the fingerprints are, with the embeddings, which are made by now."""
    whole = features if embedding is None else with_embedding(features, embedding.result())
    key = f"features/{job.ask.output_id}/{job.sound.audio_sha256}.bin"
    deps.bucket("outputs").write(key, pack(whole, dense=True), content_type="application/octet-stream")
    return f"outputs/{key}"
