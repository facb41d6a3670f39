"""Governance simulated: how reviewers of given skill, under the real rules, decide a mixed stream of submissions.

    python benchmarks/governance.py                  3,000 submissions for each setting, under a minute
    python benchmarks/governance.py --tracks 20000   closer figures

What is real: ``decide_submission`` with the policy's thresholds, holding a track
for review, votes, questions that stop the clock, the counting of votes. What is
assumed is stated in :class:`Stream` and :class:`Reviewer`: how similar works of
each kind look to the detectors, how often a person errs, and when people have
time. The figures say what the rules make of such people, and how the thresholds
move them; they do not say what people are like. For that, see
docs/policy/contributor-test.md, and `GET /statistics` for how far reviewers agree.
"""

import argparse
import heapq
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations
from statistics import median

from tables import percentile, show
from vault_domain.decision import decide_submission
from vault_domain.errors import Conflict
from vault_domain.evidence import Hit, SourceReport
from vault_domain.ids import make_id
from vault_domain.policy import Policy, Thresholds
from vault_domain.reasons import Reason
from vault_domain.review import (
    ReviewCase,
    ReviewQuestion,
    ReviewVote,
    after_vote,
    answer,
    ask,
    claim,
    counting,
    holder,
    outcome,
    waits_for_owner,
)
from vault_domain.submission import Metadata
from vault_domain.tracks import Status, Track

START = datetime(2026, 1, 1, tzinfo=UTC)
EVIDENCE = "e" * 64
KINDS = ("original", "infringement", "ambiguous")
Choice = str


@dataclass(frozen=True)
class Stream:
    """What arrives. Similarities follow the scale's own law for originals: 1 in 100 reaches 0.4, 1 in 1,000 0.7."""

    tracks: int
    per_day: float = 40.0
    shares: tuple[float, float, float] = (0.86, 0.06, 0.08)
    declared: float = 0.04
    """Originals that a person sees because of what was declared (a cover, samples)."""
    missed: float = 0.04
    """Infringements that no detector finds: copies of what no source holds."""
    ambiguous_infringing: float = 0.4


@dataclass(frozen=True)
class Reviewer:
    """One person. ``skill`` is d': how many standard deviations apart right and wrong works sound to them."""

    name: str
    skill: float
    lenience: float = 0.0
    """Where they draw the line, in standard deviations; above 0 they approve more."""
    sessions_per_day: float = 2.0
    session_min: float = 30.0
    per_track_min: float = 5.0
    asks: float = 0.25
    """How close to their line, in standard deviations, makes them ask the owner first."""


@dataclass
class Work:
    """One submission, with what nobody in the vault knows: whether it infringes."""

    track: Track
    kind: str
    infringing: bool
    case: ReviewCase
    votes: list[ReviewVote] = field(default_factory=list)
    asked_by: set[str] = field(default_factory=set)
    decided: str | None = None
    by: str = ""
    hours: float = 0.0


def works(stream: Stream, policy: Policy, chance: random.Random) -> Iterator[Work]:
    """Submissions in order of arrival, decided by the rules as far as rules go."""
    at = START
    for number in range(stream.tracks):
        at += timedelta(days=chance.expovariate(stream.per_day))
        kind = chance.choices(KINDS, stream.shares)[0]
        infringing = kind == "infringement" or (kind == "ambiguous" and chance.random() < stream.ambiguous_infringing)
        hits, flags = _evidence(kind, stream, chance)
        track_id = make_id("trk", number.to_bytes(16, "big"))
        reports = (_report(track_id, "vault", ()), _report(track_id, "catalogue:open", hits))
        verdict = decide_submission(reports, flags, policy)
        status = {"accept": Status.ACCEPTED, "reject": Status.REJECTED, "review": Status.PENDING_REVIEW}
        track = Track(
            track_id=track_id, submission_id=make_id("sub", number.to_bytes(16, "big")),
            upload_id=make_id("upl", number.to_bytes(16, "big")), rights_id=make_id("rgt", number.to_bytes(16, "big")),
            owner=make_id("acc", number.to_bytes(16, "big")), status=status[verdict.outcome],
            metadata=Metadata(title="t", artist_display_name="a", genre_tags=("x",)), submitted=at, changed=at,
            reasons=verdict.reasons, evidence_sha256=EVIDENCE,
        )  # fmt: skip
        work = Work(track, kind, infringing, ReviewCase(track_id=track_id))
        if verdict.outcome != "review":
            work.decided, work.by = verdict.outcome, "rules"
        yield work


def _evidence(kind: str, stream: Stream, chance: random.Random) -> tuple[tuple[Hit, ...], tuple[Reason, ...]]:
    flags = (Reason(code="cover"),) if kind == "original" and chance.random() < stream.declared else ()
    if kind == "original":
        similarity = min(1.0, 0.4 + 0.3 * (math.log10(1 / max(chance.random(), 1e-9)) - 2))
        seconds = chance.uniform(3, 20)
    elif kind == "infringement":
        similarity = 0.1 if chance.random() < stream.missed else chance.betavariate(9, 1.6)
        seconds = chance.uniform(10, 120)
    else:
        similarity, seconds = chance.betavariate(5, 4), chance.uniform(4, 30)
    if similarity < 0.05:
        return (), flags
    hit = Hit(ref="x", similarity=similarity, overlap_s=seconds, detector="fused")
    return (hit,), flags


def _report(subject: str, source: str, hits: tuple[Hit, ...]) -> SourceReport:
    side = "internal" if source == "vault" else "external"
    best = max((hit.similarity for hit in hits), default=0.0)
    return SourceReport(
        subject=subject, source=source, side=side, status="checked", hits=hits, max_similarity=best, at=START
    )


def judged(reviewer: Reviewer, work: Work, chance: random.Random, *, knows_more: bool) -> Choice:
    """What a person comes to: a noisy impression against their line. Ambiguous works lie closer to it."""
    distance = reviewer.skill / 2 * (0.35 if work.kind == "ambiguous" else 1.0) * (1.4 if knows_more else 1.0)
    heard = chance.gauss(distance if work.infringing else -distance, 1.0) - reviewer.lenience
    if abs(heard) < reviewer.asks and not knows_more:
        return "needs_more_info"
    return "reject" if heard > 0 else "approve"


def simulate(stream: Stream, people: Sequence[Reviewer], policy: Policy, seed: int) -> list[Work]:
    """Let people work through what the rules leave open, in sessions, until all is decided."""
    chance = random.Random(seed)
    done = list(works(stream, policy, chance))
    waiting = [work for work in done if work.decided is None]
    turns: list[tuple[datetime, int]] = [(_next_session(START, who, chance), n) for n, who in enumerate(people)]
    heapq.heapify(turns)
    answers: list[tuple[datetime, int, Work]] = []
    deadline = START + timedelta(days=stream.tracks / stream.per_day + 400)
    while waiting and turns[0][0] < deadline:
        now, n = heapq.heappop(turns)
        reviewer, end = people[n], now + timedelta(minutes=people[n].session_min)
        while now < end:
            _answer_due(answers, now, policy)
            work = _pick(waiting, reviewer, now, policy)
            if work is None:
                break
            work.case = claim(work.case, _id(reviewer), now, policy)
            now += timedelta(minutes=reviewer.per_track_min)
            _decide(work, reviewer, now, policy, chance, answers)
            if work.decided is not None:
                waiting.remove(work)
        heapq.heappush(turns, (_next_session(end, reviewer, chance), n))
    return done


def _pick(waiting: Iterable[Work], reviewer: Reviewer, now: datetime, policy: Policy) -> Work | None:
    """The oldest track that this person may vote on now."""
    for work in waiting:
        if work.track.submitted > now:
            return None
        voted = any(vote.reviewer == _id(reviewer) for vote in work.votes)
        if not voted and holder(work.case, now) is None and not waits_for_owner(work.case, now, policy):
            return work
    return None


def _decide(
    work: Work, reviewer: Reviewer, now: datetime, policy: Policy, chance: random.Random,
    answers: list[tuple[datetime, int, Work]],
) -> None:  # fmt: skip
    choice = judged(reviewer, work, chance, knows_more=work.case.questions > 0)
    if choice == "needs_more_info":
        work.case, question = ask(work.case, _id(reviewer), "How was it made?", now, policy)
        heapq.heappush(answers, (now + timedelta(days=chance.expovariate(1 / 2.0)), question.number, work))
        return
    work.case = after_vote(work.case, _id(reviewer), now, policy)
    made = ReviewVote(
        track_id=work.track.track_id, reviewer=_id(reviewer), role="reviewer", vote=choice,
        evidence_sha256=EVIDENCE, at=now,
    )  # fmt: skip
    work.votes.append(made)
    work.decided = outcome(counting(work.votes, work.track), work.track, policy)
    if work.decided is not None:
        work.by, work.hours = "people", (now - work.track.submitted).total_seconds() / 3600


def _answer_due(answers: list[tuple[datetime, int, Work]], now: datetime, policy: Policy) -> None:
    while answers and answers[0][0] <= now:
        at, number, work = heapq.heappop(answers)
        asked = work.case.asked or at
        question = ReviewQuestion(
            track_id=work.track.track_id,
            number=number,
            asked_by=make_id("acc", bytes(16)),
            question="How?",
            asked=asked,
        )
        try:
            work.case, _ = answer(work.case, question, "At home", at, policy)
        except Conflict:  # it was answered, or nothing waits any more
            continue


def _next_session(after: datetime, reviewer: Reviewer, chance: random.Random) -> datetime:
    return after + timedelta(days=chance.expovariate(reviewer.sessions_per_day))


def _id(reviewer: Reviewer) -> str:
    return make_id("acc", reviewer.name.encode().ljust(16)[:16])


# --- figures -----------------------------------------------------------------------


def kappa(done: Iterable[Work]) -> float:
    """Fleiss' kappa over pairs of votes on the same track; 1 is full agreement, 0 what chance gives."""
    pairs = [(a.vote, b.vote) for work in done for a, b in combinations(work.votes, 2)]
    if not pairs:
        return float("nan")
    observed = sum(a == b for a, b in pairs) / len(pairs)
    said = Counter(vote for pair in pairs for vote in pair)
    expected = sum((count / (2 * len(pairs))) ** 2 for count in said.values())
    return 1.0 if expected == 1 else (observed - expected) / (1 - expected)


def line(name: str, done: Sequence[Work]) -> list[str]:
    """One setting's figures."""
    by_people = [work for work in done if work.by == "people"]
    hours = [work.hours for work in by_people] or [float("nan")]
    right, wrong = [w for w in done if not w.infringing], [w for w in done if w.infringing]
    return [
        name,
        f"{len(by_people) + sum(work.decided is None for work in done)}",
        f"{sum(work.decided is None for work in done)}",
        _share(sum(work.decided in ("accept", "approve") for work in wrong), len(wrong)),
        _share(sum(work.decided == "reject" for work in right), len(right)),
        f"{kappa(by_people):.2f}",
        f"{median(hours):.0f}",
        f"{percentile(hours, 0.95):.0f}",
    ]


COLUMNS = ("setting", "reviewed", "open", "false accepts", "false rejects", "kappa", "hours, median", "95 %")


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} % ({count}/{of})" if of else "-"


def team(skill: float, size: int = 4, spread: float = 0.4) -> list[Reviewer]:
    """People of about this skill, some stricter than others."""
    return [
        Reviewer(f"r{n}", skill + spread * (n - (size - 1) / 2) / max(1, size - 1), lenience=0.3 * (-1) ** n)
        for n in range(size)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    stream, plain = Stream(given.tracks), Policy(admin_decides_alone=False)

    def run(name: str, policy: Policy = plain, people: Sequence[Reviewer] | None = None) -> list[str]:
        return line(name, simulate(stream, people or team(2.5), policy, given.seed))

    show(
        "By skill (d'); four reviewers",
        COLUMNS,
        [run(f"{skill}", people=team(skill)) for skill in (1.0, 1.75, 2.5, 3.5)],
    )
    show(
        "By number of reviewers; skill 2.5", COLUMNS, [run(f"{size}", people=team(2.5, size)) for size in (2, 3, 4, 8)]
    )
    show(
        "By equal votes that decide on a flagged track", COLUMNS,
        [run(f"{n}", plain.model_copy(update={"approvals_flagged": n})) for n in (1, 2, 3)],
    )  # fmt: skip
    show(
        "By thresholds (weak / strong)", COLUMNS,
        [run(f"{weak} / {strong}", plain.model_copy(update={"thresholds": Thresholds(weak=weak, strong=strong)}))
         for weak, strong in ((0.3, 0.7), (0.4, 0.6), (0.4, 0.7), (0.4, 0.85), (0.55, 0.7))],
    )  # fmt: skip
    show(
        "By auto-accept", COLUMNS,
        [run("on"), run("off: people see every track", plain.model_copy(update={"auto_accept": False}))],
    )  # fmt: skip
    done = simulate(stream, team(2.5), plain, given.seed)
    show(
        "By kind of submission; the plain setting",
        ("kind", "submissions", "by rules", "false accepts", "false rejects", "of those by people"),
        [_by_kind(kind, done) for kind in KINDS],
    )


def _by_kind(kind: str, done: Sequence[Work]) -> list[str]:
    mine = [work for work in done if work.kind == kind]
    accepts = [work for work in mine if work.infringing and work.decided in ("accept", "approve")]
    rejects = [work for work in mine if not work.infringing and work.decided == "reject"]
    people = sum(work.by == "people" for work in accepts + rejects)
    rules = sum(work.by == "rules" for work in mine)
    return [kind, str(len(mine)), str(rules), str(len(accepts)), str(len(rejects)), str(people)]


if __name__ == "__main__":
    main()
