"""`lemm submit`, `status` and `revoke`: what contributors do."""

from pathlib import Path
from typing import Annotated, Any

import typer
from lemm.client import Api, ApiProblem
from lemm.commands.account import JsonFlag
from lemm.output import emit, err, fail, out, problems, progress, table
from lemm.session import load_session
from rich.markup import escape

Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, help="Audio files.")]
TrackArgument = Annotated[str, typer.Argument(metavar="TRACK", help="A track id, trk_...")]


def _api() -> Api:
    session = load_session()
    return Api(session.url, session.token)


def submit(
    files: Files,
    artist: Annotated[str, typer.Option(help="Artist name as it should be shown.")],
    genre: Annotated[list[str], typer.Option(help="Genre tag; repeat for several.")],
    title: Annotated[str | None, typer.Option(help="Title; the file's name when not given.")] = None,
    mood: Annotated[list[str] | None, typer.Option(help="Mood tag; repeat for several.")] = None,
    language: Annotated[str, typer.Option(help="Language of the vocals, or instrumental.")] = "instrumental",
    year: Annotated[int | None, typer.Option(help="Year of release or recording.")] = None,
    bpm: Annotated[float | None, typer.Option(help="Beats per minute.")] = None,
    collaborator: Annotated[list[str] | None, typer.Option(help="Another rights holder; must consent as well.")] = None,
    released: Annotated[bool, typer.Option(help="The track is already released.")] = False,
    cover: Annotated[bool, typer.Option(help="It is a cover of another work.")] = False,
    samples: Annotated[bool, typer.Option(help="It contains samples of others.")] = False,
    holder: Annotated[str, typer.Option(help="individual, label or publisher.")] = "individual",
    experiments_ok: Annotated[bool, typer.Option(help="Models for internal experiments may learn from it.")] = False,
    product_ok: Annotated[bool, typer.Option(help="Models that others use may learn from it.")] = False,
    evaluation_ok: Annotated[bool, typer.Option(help="Models may be measured with it.")] = False,
    demo_ok: Annotated[bool, typer.Option(help="Allow internal demonstrations.")] = False,
    adapters_ok: Annotated[bool, typer.Option(help="Allow adapters for this artist.")] = False,
    keep_fingerprints: Annotated[
        bool, typer.Option(help="After a revocation, fingerprints may stay for safety checks.")
    ] = False,
    accept_terms: Annotated[
        bool, typer.Option(help="You have read the terms (shown otherwise) and accept them.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait for the decision.")] = True,
    json: JsonFlag = False,
) -> None:
    """Upload tracks and submit them with your consent to training, for the uses that you name.

    Ends with status 1 when a file could not be submitted, was refused, or was rejected.
    """
    uses = {
        "internal_experiment_ok": experiments_ok, "product_ok": product_ok, "evaluation_ok": evaluation_ok,
        "internal_demo_ok": demo_ok, "allow_per_artist_adapters": adapters_ok,
    }  # fmt: skip
    if not any(uses.values()):
        fail("nothing_allowed", "Say what it may be used for, for example --product-ok (lemm submit --help).", json)
    with problems(json), _api() as api:
        terms = api.terms()
        if json and not accept_terms:
            fail("terms_not_accepted", "Read the terms (`lemm submit` without --json) and give --accept-terms.", json)
        if not accept_terms:
            out.print(terms["text"], highlight=False, markup=False)
            typer.confirm("Do you accept these terms?", abort=True, err=True)
        rights = {
            "rights_holder_type": holder,
            "is_original": not cover,
            "is_cover": cover,
            "has_third_party_samples": samples,
            "training_allowed": True,
            **uses,
            "keep_fingerprints_after_revocation": keep_fingerprints,
        }
        failed = False
        with progress(json) as bar:
            task = bar.add_task("Submitting", total=len(files))
            for path in files:
                bar.update(task, description=path.name)
                metadata = {
                    "title": title or path.stem,
                    "artist_display_name": artist,
                    "is_collaboration": bool(collaborator),
                    "collaborator_names": collaborator or [],
                    "genre_tags": genre,
                    "mood_tags": mood or [],
                    "language": language,
                    "release_status": "released" if released else "unreleased",
                    "year": year,
                    "bpm": bpm,
                }
                result = _submit_one(api, path, metadata, rights, terms["sha256"], wait)
                failed |= "error" in result or result["status"] in ("rejected", "dispute_pending")
                _show_submitted(result, json)
                bar.advance(task)
    if failed:
        raise typer.Exit(1)


def _submit_one(api: Api, path: Path, metadata: Any, rights: Any, terms_sha256: str, wait: bool) -> dict[str, Any]:
    """Upload, submit and wait; a refusal becomes part of the result, so that other files go on."""
    try:
        upload_id = api.upload(path)
        submitted = api.submit(upload_id, metadata, rights, terms_sha256)
        track_id = submitted["track_id"]
        state = api.wait_decided(track_id) if wait else submitted
        result = {"file": str(path), "track_id": track_id, "status": state["status"]}
        refusal = api.upload_state(upload_id)["refusal"]
        return {**result, "reasons": state.get("reasons", []), **({"error": refusal} if refusal else {})}
    except ApiProblem as problem:
        return {"file": str(path), "error": {"code": problem.code, "detail": problem.detail}}


def _show_submitted(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit(result)
    elif "error" in result:
        said = f"{result['error']['code']}: {escape(result['error']['detail'])}"
        err.print(f"[red]{escape(result['file'])}[/red]  {said}", highlight=False)
    else:
        why = "; ".join(reason["detail"] or reason["code"] for reason in result["reasons"])
        named = f"{escape(result['file'])}  {result['track_id']}"
        out.print(f"{named}  [bold]{result['status']}[/bold]  {escape(why)}", highlight=False)


def status(
    track: Annotated[
        str | None, typer.Argument(metavar="TRACK", help="A track id; all of yours when left out.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Where your tracks stand, and why."""
    with problems(json), _api() as api:
        found = [api.status(track)] if track else list(api.mine())
        if json:
            for item in found:
                emit(item)
            return
        rows = [
            (
                item["track_id"],
                str(item.get("metadata", {}).get("title", "")),
                item["status"],
                "; ".join(reason["detail"] or reason["code"] for reason in item.get("reasons", [])),
            )
            for item in found
        ]
        out.print(table("Tracks", ("track", "title", "status", "why"), rows))


def revoke(
    track: TrackArgument,
    reason: Annotated[str, typer.Option(help="Why, in your words (optional).")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JsonFlag = False,
) -> None:
    """Take back consent for a track, at once and for all future use."""
    if not yes:
        typer.confirm(
            f"Take {track} out of all future training? Models already trained on it are not retrained.",
            abort=True,
            err=True,
        )
    with problems(json), _api() as api:
        answer = api.revoke(track, reason)
        if json:
            emit(answer)
        else:
            out.print(f"{track} is out of every training view. The receipt names the runs that had it:")
            out.print_json(data=answer)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    for command in (submit, status, revoke):
        app.command()(command)
