"""People around a claim in a simulated vault: its author, who has only the mail, the owner, and reviewers."""

from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from ingesting import OWNER, main_of, run
from reviewing import ANNA
from simulator import Simulator
from vault_domain.holds import Hold
from vault_domain.infringement import Claim, ClaimAsk, ScreenAsk, SettleAsk
from vault_domain.letters import Letter
from vault_edge.caller import Caller
from vault_edge.deps import Deps

EMAIL = "author@rights.example"
BASIS = "The chorus is the one of my song from 2011, note for note"
WORDS = "Nothing in it is the same but the key"
WORK = {"title": "My song", "artist": "Me", "where": "https://records.example/my-song"}


class Postbox:
    """A mailer that keeps what it is given, or fails as it is told to."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.fails: Exception | None = None

    def send(self, letter: Letter, now: Any) -> None:
        if self.fails is not None:
            raise self.fails
        self.letters.append(letter)


def an_ask(track_id: str | None = None, **changes: Any) -> ClaimAsk:
    plain = {"claimant": "A. Author", "email": EMAIL, "capacity": "rights_holder", "work": WORK, "track_id": track_id,
             "basis": BASIS, "in_good_faith": True}  # fmt: skip
    return ClaimAsk.model_validate({**plain, **changes})


def filed(
    sim: Simulator, track_id: str | None, sender: str = "f" * 64, deps: Deps | None = None, **changes: Any
) -> str:
    """The id of a claim that waits to be confirmed."""
    return str(main_of("claims").filed(an_ask(track_id, **changes), sender, deps or sim.container()).claim_id)


def token_of(sim: Simulator, claim_id: str) -> str:
    """The token, out of the mail that its author got."""
    post = Postbox()
    run("notify", sim.container(mailer=post))
    (letter,) = [one for one in post.letters if one.to == EMAIL and claim_id in one.text]
    return letter.text.strip().rpartition("token=")[2]


def confirm(sim: Simulator, claim_id: str, token: str, deps: Deps | None = None) -> Any:
    claims = main_of("claims")
    return claims.confirm(claim_id, claims.TokenAsk(token=token), deps or sim.container())


def claimed(sim: Simulator, track_id: str | None, **changes: Any) -> str:
    """A claim that was filed and confirmed."""
    claim_id = filed(sim, track_id, **changes)
    confirm(sim, claim_id, sim.container().salted(f"claim:{claim_id}"))
    return claim_id


def screen(
    sim: Simulator, claim_id: str, outcome: str = "examine", by: Caller = ANNA, reason: str = "I compared the scores",
    deps: Deps | None = None,
) -> Any:  # fmt: skip
    return main_of("claims").screen(claim_id, ScreenAsk(outcome=outcome, reason=reason), by, deps or sim.container())  # type: ignore[arg-type]


def seen(sim: Simulator, claim_id: str, by: Caller = ANNA) -> str:
    """The findings that a reviewer has before them."""
    return str(main_of("claims").show(claim_id, by, sim.container()).findings_sha256)


def decide(
    sim: Simulator, claim_id: str, outcome: str, by: Caller = ANNA, reason: str = "The chords are common property",
    findings: str | None = None, deps: Deps | None = None, **more: Any,
) -> Any:  # fmt: skip
    ask = SettleAsk(outcome=outcome, findings_sha256=findings or seen(sim, claim_id, by), reason=reason, **more)  # type: ignore[arg-type]
    return main_of("claims").decide(claim_id, ask, by, deps or sim.container())


def answer(sim: Simulator, track_id: str, claim_id: str, by: Caller = OWNER, words: str = WORDS) -> Any:
    claims = main_of("claims")
    return claims.answer(track_id, claim_id, claims.WordsAsk(answer=words), by, sim.container())


def claim_of(sim: Simulator, claim_id: str) -> Claim:
    found = sim.store.get(Claim, claim_id)
    assert found is not None
    return found


def held_by(sim: Simulator, track_id: str) -> tuple[str, ...]:
    """The claims that lock a track."""
    hold = sim.store.get(Hold, track_id)
    return hold.claims if hold else ()


def letters_in(folder: Path) -> list[Any]:
    """The letters that a folder holds, oldest first."""
    files = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]
