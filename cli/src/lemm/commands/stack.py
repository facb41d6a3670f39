"""`lemm up` and `lemm demo`: the whole vault on one machine."""

import signal
import time
from pathlib import Path
from typing import Annotated

import typer
from lemm.commands.account import JsonFlag
from lemm.output import emit, err, fail, out


def up(
    data: Annotated[Path, typer.Option(help="Folder for everything that is kept.")] = Path(".lemm"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of web pages and API; 0 takes a free one.")] = 8400,
    json: JsonFlag = False,
) -> None:
    """Run the vault on this machine until Ctrl-C; state stays in the data folder."""
    from lemm.installation import Installation
    from lemm.stack.up import StackError

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):  # a shell starts background jobs with SIGINT ignored
        signal.signal(number, stop)
    began = time.monotonic()
    place = Installation(data, port=port)
    try:
        with err.status("Starting the vault ..."):
            place.start()
        facts = {
            "url": place.url,
            "api": f"{place.url}/docs",
            "openapi": f"{place.url}/openapi.json",
            "admin": place.admin.email,
            "password": place.admin.password,
            "data": str(data.resolve()),
            "seconds": round(time.monotonic() - began, 1),
        }
        if json:
            emit(facts)
        else:
            out.print(f"[bold]LEMM Vault is up[/bold] after {facts['seconds']} s. Ctrl-C stops it; nothing is lost.\n")
            for name in ("url", "api", "openapi", "admin", "password", "data"):
                out.print(f"  {name:<9} {facts[name]}", highlight=False, soft_wrap=True)
            out.print("\nNext, in another terminal:\n  lemm login --register 'Your Name'")
            out.print("  lemm submit song.wav --artist ... --genre ... --product-ok")
            out.print("\nUntil an admin registers an outside catalogue (lemm catalogue build, register), the policy")
            out.print("sends every submission to a reviewer: a source that was not asked never counts as clean.")
        while True:
            time.sleep(1)
            place.stack.check()
    except KeyboardInterrupt:
        err.print("Stopping ...")
    except StackError as error:
        fail("stack_failed", str(error), json)
    finally:
        place.stop()


def demo(
    audio: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Use the audio files of this folder as originals.")
    ] = None,
    keep: Annotated[Path | None, typer.Option(help="Keep the data folder here instead of a temporary one.")] = None,
    json: JsonFlag = False,
) -> None:
    """Show the main job, end to end, and check every expectation; exits 0 only if all hold."""
    from lemm.demo.run import run_demo

    raise typer.Exit(0 if run_demo(audio, keep, json) else 1)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(up)
    app.command()(demo)
