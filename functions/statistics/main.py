"""statistics: figures about the vault that anybody may see; this function can read nothing else.

``sweep`` keeps the counts. They name no track and no person.
"""

from datetime import datetime

from pydantic import BaseModel, Field
from vault_domain.agreement import fleiss_kappa
from vault_domain.statistics import SHEET_KEY, SPANS, Sheet, median_span, part, vote_patterns
from vault_domain.tracks import Status
from vault_edge.app import App, Deps

app = App("statistics")


class TimeToDecision(BaseModel):
    """From submission to the first decision."""

    within: dict[str, int] = Field(description="decisions by the time they took, as upper bounds, shortest first")
    median: str | None = Field(description="the bound under which half of them lie")


class Agreement(BaseModel):
    """How far reviewers agree who voted on the same evidence."""

    subjects: int = Field(description="states of evidence with two votes or more")
    votes: int
    unanimous: int
    kappa: float | None = Field(
        description="Fleiss' kappa over approve and reject: 1 full agreement, 0 as by chance; none if undefined"
    )


class Appeals(BaseModel):
    """Appeals against rejections."""

    filed: int
    open: int
    upheld: int = Field(description="rejections that were overturned")
    dismissed: int
    lapsed: int = Field(description="disputes that came with a rejection and were not answered")
    overturned_share: float | None = Field(description="upheld of those decided")


class Claims(BaseModel):
    """Claims of infringement, as far as tracks were touched by them."""

    locked: int = Field(description="times that a track was locked")
    dismissed: int = Field(description="times that one was freed again")
    upheld: int = Field(description="tracks that were removed")


class Statistics(BaseModel):
    """The whole sheet; an empty vault has zeros."""

    at: datetime | None = Field(description="when it was last changed; it lags a few minutes behind")
    tracks: dict[str, int] = Field(description="tracks by state")
    total: int
    by_month: dict[str, dict[str, int]] = Field(description="month of submission -> state now -> tracks")
    decided_by_rules: TimeToDecision
    decided_by_people: TimeToDecision
    agreement: Agreement
    appeals: Appeals
    claims: Claims
    revocations: int = Field(description="accepted tracks that their owners took back")
    withdrawals: int = Field(description="tracks taken back before they were accepted")
    rejection_reasons: dict[str, int] = Field(description="code of a reason -> rejected tracks that it stands against")


@app.get("/statistics", role="public")
def show(deps: Deps) -> Statistics:
    """Tracks by state, time to decision, agreement of reviewers, appeals, claims, revocations, reasons."""
    sheet = deps.records.get(Sheet, SHEET_KEY)
    counts = sheet.counts if sheet else {}
    tracks = {status.value: counts.get(f"status/{status.value}", 0) for status in Status}
    return Statistics(
        at=sheet.at if sheet else None,
        tracks=tracks,
        total=sum(tracks.values()),
        by_month=_by_month(counts),
        decided_by_rules=_times(part(counts, "decided/rules/")),
        decided_by_people=_times(part(counts, "decided/people/")),
        agreement=_agreement(counts),
        appeals=_appeals(part(counts, "appeals/")),
        claims=Claims(**{name: counts.get(f"claims/{name}", 0) for name in ("locked", "dismissed", "upheld")}),
        revocations=counts.get("revoked", 0),
        withdrawals=counts.get("withdrawn", 0),
        rejection_reasons=part(counts, "reason/"),
    )


def _by_month(counts: dict[str, int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, count in part(counts, "month/").items():
        month, _, status = name.partition("/")
        found.setdefault(month, {})[status] = count
    return found


def _times(spans: dict[str, int]) -> TimeToDecision:
    return TimeToDecision(within={name: spans.get(name, 0) for name in SPANS}, median=median_span(spans))


def _agreement(counts: dict[str, int]) -> Agreement:
    judged = {pattern: times for pattern, times in vote_patterns(counts).items() if sum(pattern) >= 2}
    kappa = fleiss_kappa(judged)
    return Agreement(
        subjects=sum(judged.values()),
        votes=sum(sum(pattern) * times for pattern, times in judged.items()),
        unanimous=sum(times for pattern, times in judged.items() if max(pattern) == sum(pattern)),
        kappa=None if kappa is None else round(kappa, 4),
    )


def _appeals(found: dict[str, int]) -> Appeals:
    upheld, dismissed, lapsed, still = (found.get(name, 0) for name in ("upheld", "dismissed", "lapsed", "open"))
    share = round(upheld / (upheld + dismissed), 4) if upheld + dismissed else None
    return Appeals(
        filed=upheld + dismissed + lapsed + still, open=still, upheld=upheld, dismissed=dismissed, lapsed=lapsed,
        overturned_share=share,
    )  # fmt: skip


handler, http = app.lambda_entry(), app.http_entry()
