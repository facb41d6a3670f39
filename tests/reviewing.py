"""People around a track that waits for them: callers by role, a flagged track, and calls as a person makes them."""

from typing import Any

from ingesting import OWNER, fingerprinted, main_of, report, run, sound, track_of
from machine import Execution
from simulator import Simulator
from vault_domain.evidence import Hit, Span
from vault_domain.ids import make_id
from vault_domain.review import AnswerAsk, OverrideAsk, VoteAsk
from vault_edge.caller import Caller
from vault_edge.deps import Deps

ANNA = Caller(make_id("acc", b"anna".ljust(16)), "reviewer", display="Anna")
BEN = Caller(make_id("acc", b"ben".ljust(16)), "reviewer", display="Ben")
CLEO = Caller(make_id("acc", b"cleo".ljust(16)), "reviewer", display="Cleo")
ADMIN = Caller(make_id("acc", b"admin".ljust(16)), "admin", display="Dora")


def a_hit(ref: str = "cat:song", similarity: float = 0.5, **changes: Any) -> Hit:
    span = Span(query_start=3, query_end=12, ref_start=40, ref_end=49, score=similarity)
    plain = {"ref": ref, "title": "A song", "similarity": similarity, "overlap_s": 9, "detector": "fused",
             "spans": (span,), "detectors": {"landmarks": similarity}}  # fmt: skip
    return Hit(**{**plain, **changes})


def found(sim: Simulator, track_id: str, *hits: Hit) -> None:
    """What the open catalogue says; the vault is clean."""
    report(sim, track_id)
    best = max((hit.similarity for hit in hits), default=0.0)
    report(sim, track_id, "catalogue:open", hits=hits, max_similarity=best)


def flagged(sim: Simulator, *hits: Hit, seed: int = 1) -> tuple[str, str]:
    """Upload and track that wait for reviewers, because of a weak match with a catalogue."""
    upload_id, track_id = fingerprinted(sim, sound(seed))
    found(sim, track_id, *(hits or (a_hit(),)))
    assert run("decide", sim.deps, track_id=track_id)["outcome"] == "review"
    return upload_id, track_id


def seen(sim: Simulator, track_id: str) -> str:
    """The version of the evidence that a reviewer has before them."""
    return str(track_of(sim, track_id).evidence_sha256)


def vote(
    sim: Simulator, track_id: str, caller: Caller, choice: str = "approve", note: str = "I listened to both",
    evidence: str | None = None, deps: Deps | None = None,
) -> Any:  # fmt: skip
    ask = VoteAsk(vote=choice, evidence_sha256=evidence or seen(sim, track_id), note=note)  # type: ignore[arg-type]
    return main_of("review").vote(track_id, ask, caller, deps or sim.container())


def override(sim: Simulator, track_id: str, caller: Caller = ADMIN, choice: str = "approve") -> Any:
    ask = OverrideAsk(vote=choice, evidence_sha256=seen(sim, track_id), reason="The catalogue's entry is wrong")  # type: ignore[arg-type]
    return main_of("review").override(track_id, ask, caller, sim.container())


def reply(sim: Simulator, track_id: str, caller: Caller = OWNER, text: str = "I wrote it in May") -> Any:
    return main_of("review").reply(track_id, AnswerAsk(answer=text), caller, sim.container())


def carried_out(sim: Simulator, **given: Any) -> None:
    """Run every execution that was started, once, as the state machine would."""
    started, sim.task_log.started = sim.task_log.started, []
    for _, name, document in started:
        Execution(sim, name, document, embedder=None, **given).to_end()
