"""`lemm pack datasets` and `register`: outside datasets in the registry."""

from pathlib import Path
from typing import Annotated

import typer
from lemm.client import Api, ApiProblem, Json
from lemm.commands.account import JsonFlag
from lemm.commands.pack import Reason
from lemm.output import emit, out, problems, table
from lemm.session import load_session


def datasets(json: JsonFlag = False) -> None:
    """The registered outside datasets with what each may be used for now, and the assessed ones."""
    session = load_session()
    with problems(json), Api(session.url, session.token) as api:
        found = api.call("GET", "/datasets")
    if json:
        for state in ("datasets", "assessed"):
            for item in found[state]:
                emit({"state": "registered" if state == "datasets" else "assessed", **item})
        return
    registered = [(one["dataset_id"], one["tier"], _allowed(one), one["review_ends"][:10]) for one in found["datasets"]]
    out.print(table("Registered", ("dataset", "tier", "allowed now", "review ends"), registered))
    assessed = [
        (one["dataset_id"], one["tier"] or "none", ", ".join(one["suggested_uses"])) for one in found["assessed"]
    ]
    out.print(table("Assessed, and not usable", ("dataset", "tier", "uses after its gates"), assessed))


def register_dataset(
    dataset_id: Annotated[str, typer.Argument(metavar="DATASET", help="Its id; an assessed one brings its facts.")],
    licence_text: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The owner's text that you read.")],
    address: Annotated[str, typer.Option(help="Where you read it.")],
    reason: Reason,
    title: Annotated[str | None, typer.Option(help="Title for people.")] = None,
    tier: Annotated[str | None, typer.Option(help="production_approved, research_only or blocked.")] = None,
    right: Annotated[
        list[str] | None, typer.Option(help="FACET=LICENCE, such as recording=CC0-1.0; repeat for each facet.")
    ] = None,
    use: Annotated[list[str] | None, typer.Option(help="A use to allow; repeat for several.")] = None,
    gate: Annotated[list[str] | None, typer.Option(help="GATE=EVIDENCE for a gate that was passed; repeat.")] = None,
    ledger: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Attribution ledger, one line per item.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Register an outside dataset, or renew its registration (admin). The review counts for six months."""
    from lemm.packing import pairs_of, registration
    from lemm.registering import licence_text as text_of

    session = load_session()
    with problems(json), Api(session.url, session.token) as api:
        body = registration(
            dataset_id,
            _known(api, dataset_id),
            title=title,
            tier=tier,
            rights=pairs_of(right or [], "right"),
            uses=use or [],
            texts=[text_of(licence_text.read_bytes(), address)],
            ledger=ledger,
            gates=pairs_of(gate or [], "gate"),
            reason=reason,
        )
        found = api.call("POST", "/datasets", body)
    if json:
        emit(found)
        return
    out.print(f"{dataset_id} is registered; allowed now: {_allowed(found) or 'nothing'}", highlight=False)
    missing = sorted(set(found["gates"]) - {one["gate"] for one in found["gates_passed"]})
    if missing:
        out.print(f"Gates without evidence: {', '.join(missing)}", highlight=False)


def _known(api: Api, dataset_id: str) -> Json:
    try:
        return api.call("GET", f"/datasets/{dataset_id}")
    except ApiProblem as problem:
        if problem.status != 404:
            raise
        return {}


def _allowed(one: Json) -> str:
    return ", ".join(use for use, answer in one["uses_now"].items() if answer == "allowed")


def register(pack: typer.Typer) -> None:
    """Add this file's commands to `lemm pack`."""
    pack.command()(datasets)
    pack.command("register")(register_dataset)
