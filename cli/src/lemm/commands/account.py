"""`lemm login`: sign in, and make an account on the way; `lemm erase-account`: be gone for good."""

from enum import StrEnum
from typing import Annotated

import typer
from lemm.client import Api
from lemm.output import emit, out, problems
from lemm.session import Session, load_session, save_session


class Wish(StrEnum):
    """What becomes of the tracks."""

    REVOKE = "revoke"
    KEEP = "keep"


JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def login(
    email: Annotated[str, typer.Option(prompt=True, envvar="LEMM_EMAIL", help="Your e-mail address.")],
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, envvar="LEMM_PASSWORD", help="Asked for when not given.")
    ],
    url: Annotated[str | None, typer.Option(help="The vault's address; kept for later commands.")] = None,
    register: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Make the account first, with this display name. By this you affirm that you are the rights "
            "holder of what you will submit, or have authority to license it.",
        ),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Sign in and keep the (short-lived) token."""
    with problems(json), Api(url or load_session().url) as api:
        if register:
            api.register(email, password, register)
        answer = api.login(email, password)
        path = save_session(Session(api.url, answer["access_token"]))
        if json:
            emit({"url": api.url, "expires_in": answer.get("expires_in"), "session": str(path)})
        else:
            minutes = int(answer.get("expires_in", 900)) // 60
            out.print(f"Signed in at {api.url} for {minutes} minutes. Next: lemm submit FILE", highlight=False)


def erase_account(
    tracks: Annotated[Wish, typer.Option(help="Take your tracks back, or let them go on without your name.")],
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, envvar="LEMM_PASSWORD", help="Asked for when not given.")
    ],
    yes: Annotated[bool, typer.Option("--yes", prompt="Erase your account for good?", help="Don't ask again.")] = False,
    json: JsonFlag = False,
) -> None:
    """Erase your account: names, address and words. This can't be undone (docs/policy/erasure.md)."""
    session = load_session()
    if not yes:
        raise typer.Exit(1)
    with problems(json), Api(session.url, session.token) as api:
        answer = api.call("POST", "/accounts/me/erasure", {"tracks": tracks.value, "password": password})
        if json:
            emit(answer)
        else:
            out.print("Your account is erased; what is left of it goes within the hour.", highlight=False)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(login)
    app.command("erase-account")(erase_account)
