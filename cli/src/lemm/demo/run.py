"""Run the demonstration: material, installation, scenario, table."""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from lemm.demo.ledger import Ledger, Line
from lemm.demo.material import make_material
from lemm.demo.people import gather
from lemm.demo.scenario import Scenario
from lemm.demo.traces import Traces
from lemm.installation import Installation
from lemm.output import emit, err, out


def run_demo(audio: Path | None, keep: Path | None, as_json: bool) -> bool:
    """Whether every expectation held. The table, or JSON lines, go to standard output."""
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lemm-demo-")))
        status = stack.enter_context(err.status("Making sample audio ..."))

        def tell(what: str) -> None:
            status.update(f"{what} ...")

        def show(line: Line) -> None:
            if as_json:
                emit(line.document())
            else:
                mark = "[green]ok[/green]" if line.held else "[red]NOT AS EXPECTED[/red]"
                err.print(f"{mark}  {line.what}: {line.decision}  ({line.seconds:.1f} s)", highlight=False)

        material = make_material(folder, audio, tell)
        tell("starting the local stack")
        place = stack.enter_context(Installation(keep or folder / "data"))
        ledger = Ledger(show)
        Scenario(gather(place), material, Traces(place), ledger, folder, tell, own_audio=audio is not None).play()
    if not as_json:
        out.print(ledger.table())
        good = sum(line.held for line in ledger.lines)
        out.print(f"{good} of {len(ledger.lines)} expectations held, {time.monotonic() - began:.0f} s in all.")
    return ledger.held
