"""`lemm login`: sign in, and make an account on the way."""

from typing import Annotated

import typer
from lemm.client import Api
from lemm.output import emit, out, problems
from lemm.session import Session, load_session, save_session

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


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(login)
