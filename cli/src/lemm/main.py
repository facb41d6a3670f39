"""The `lemm` command: one typer application, its commands grouped by file."""

import typer
from lemm.commands import account, canary, catalogue, check, dataset, model, pack, prompts, stack, tracks, verify

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="""A vault for music that may be trained on, and the safety checks around it.

First time here? `lemm up` in one terminal; then `lemm login` and `lemm submit song.wav` in another.
Every command takes --json for programs.""",
)
stack.register(app)
account.register(app)
tracks.register(app)
check.register(app)
catalogue.register(app)
canary.register(app)
pack.register(app)
dataset.register(pack.pack)
model.register(app)
prompts.register(app)
verify.register(app)

if __name__ == "__main__":
    app()
