"""Non-reproduction: how much of what a model copies is caught, and how much of what an honest one makes is passed.

    python benchmarks/memorisation.py        (some minutes; needs torch, requirements/train.txt)

1. Composed tracks lie in a vault: the real functions over memory stores. 2. A
training service streams them through the gateway, with the training client.
Three small models (``memorising.py``) are trained: one on a few tracks until it
knows them by heart; the same one stopped early; one on many tracks, read less
often. The first is also sampled with more chance, so that it strays from what it
knows. 3. Each makes outputs: after captions of its training tracks, after their
first seconds, and after nothing. 4. Every output goes through ``safety-check``
with the shipped calibration and thresholds; the policy asks the vault alone. The
check's own outcome is what counts.

What was copied is judged by itself: an output is a copy where long stretches of
its codes are, code for code, those of one training track. The network's codes
are compared, not the sound, so this judgement shares nothing with the detectors.
Beside the models, the training tracks themselves as the codec renders them (they
must be blocked) and fresh composed music (it must pass) are checked.
"""

import argparse
import base64
import os
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import httpx
import memorising
import numpy as np
import soundfile
import tables
import torch
from lemm.training import VaultStream
from memorising import Codebook, Player, Samples
from pydantic_core import to_jsonable_python
from training_world import ROOT, InMemory, accepted
from vault_audio.decode import decode, read_analysis
from vault_audio.features import extract
from vault_domain import snapshots
from vault_domain.admission import vault_audio_key
from vault_domain.ids import make_id
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.ports import Put
from vault_domain.release_gate import upper_bound
from vault_edge.deps import Deps
from vault_edge.loading import load_folder
from vault_edge.tokens import issue_token, publish_key
from vault_index.snapshot import build_part
from vault_models.compose import compose

FRESH = "composed afresh"
MADE = "2026-01-01T00:00:00Z"
SHARE = 0.5
"""An output is a copy where at least so much of it lies in stretches of one training track..."""
RUN_FRAMES = 31
"""... each of at least half a second, code for code."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Output:
    """One thing to check: what made it, how it was prompted, its sound, and how much of it is copied."""

    maker: str
    prompt: str
    samples: Samples
    copied: float


def main() -> None:
    """Everything, printed as tables."""
    given = _arguments()
    torch.set_num_threads(1)
    began = time.monotonic()
    world = World()
    for number in range(1, given.many + 1):
        world.admit(number, _piece(number, given.seconds))
    heard = world.streamed()
    print(f"{len(heard)} tracks streamed ({time.monotonic() - began:.0f} s)")
    outputs = _made(heard, given) + _fresh(given)
    print(f"\n{len(outputs)} outputs made ({time.monotonic() - began:.0f} s)")
    _report(outputs, [world.checked(number, one) for number, one in enumerate(outputs)])
    print(f"\n{time.monotonic() - began:.0f} s in all")


def _arguments() -> argparse.Namespace:
    found = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    found.add_argument("--few", type=int, default=4, help="tracks that are learned by heart")
    found.add_argument("--many", type=int, default=12, help="tracks of the honest model; the few are among them")
    found.add_argument("--seconds", type=float, default=16.0, help="length of tracks and outputs")
    found.add_argument("--epochs", type=int, default=12, help="readings of the few")
    found.add_argument("--early", type=int, default=4, help="readings before a model is stopped early")
    found.add_argument("--heat", type=float, default=2.0, help="chance of the model that strays; 1 is as it learned")
    found.add_argument("--per", type=int, default=4, help="outputs per model and kind of prompt")
    return found.parse_args()


def _piece(seed: int, seconds: float) -> Samples:
    return np.asarray(compose(seed, seconds, sample_rate=44_100).audio, np.float32)


# --- the vault -------------------------------------------------------------------


class World(InMemory):
    """A vault in memory whose gateway and safety check are asked as over HTTP."""

    steps: ClassVar = {**InMemory.steps, "/safety/": "safety-check"}

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        decoder = load_folder(ROOT / "functions" / "decode")
        self.deps = Deps(
            {**self.deps.environ, "LEMM_FUNCTION_DECODE": "decode"}, clock=self.deps.clock, new_id=self.deps.new_id,
            records=self.records, bucket=self.buckets.open, secrets=self.deps.secrets,
            invoke=lambda _, payload: decoder.handler(to_jsonable_python(payload), None),
        )  # fmt: skip
        for module in (decoder, *self.modules.values()):
            module.app.bind(self.deps)
            module.app.logger.setLevel("ERROR")
        asks = Policy(required_sources=("vault",))
        head = PolicyVersion(
            number=2, policy=asks, author="x", reason="vault alone", at=self.deps.clock(), is_head=True
        )
        self.records.commit([Put(head, 0)])

    def token(self) -> str:
        """A service's access token, for training and for checks."""
        signer = self.deps.signer("jwt")
        publish_key(signer, "jwt", self.records, self.deps.clock())
        subject, scopes = make_id("svc", bytes(16)), ("training", "safety")
        return issue_token(signer, subject=subject, role="system", scopes=scopes, token_id="tok", now=self.deps.clock())

    def admit(self, number: int, samples: Samples) -> None:
        """A track with its audio and its place in the index."""
        path = self._file(f"track-{number}.flac", samples, 44_100)
        track, rights = accepted(number, make_id("acc", number.to_bytes(16, "big")), path.read_bytes())
        self.records.commit([Put(track, 0), Put(rights, 0)])
        self.buckets.open("vault").write(vault_audio_key(track.track_id), path.read_bytes(), content_type="audio/flac")
        part = build_part([(track.track_id, extract(self._heard(path)).without_dense())])
        self.deps.index.change("vault", lambda now: snapshots.with_part(now, part.part, MADE), [part.data])

    def streamed(self) -> list[Samples]:
        """The vault's tracks as the gateway serves them, mono at 16 kHz."""
        found = []
        spec = {"run_id": "run_memoriser", "model_id": "memoriser", "purpose": "internal_experiment"}
        with VaultStream("https://vault.example", self.token, transport=self, **spec) as stream:  # type: ignore[arg-type]
            for number, (_, audio) in enumerate(stream):
                path = Path(self.folder.name) / f"read-{number}.flac"
                path.write_bytes(audio)
                found.append(self._heard(path))
            stream.complete("0" * 64)
        return found

    def checked(self, number: int, one: "Output") -> str:
        """What the safety check says of an output."""
        rate = 44_100 if one.maker == FRESH else memorising.RATE
        path = self._file(f"output-{number}.wav", one.samples, rate)
        body = {
            "output_id": f"out_{number}", "model_id": "memoriser",
            "audio_base64": base64.b64encode(path.read_bytes()).decode("ascii"),
        }  # fmt: skip
        with httpx.Client(base_url="https://vault.example", transport=self, timeout=300) as http:
            answer = http.post("/safety/checks", json=body, headers={"Authorization": f"Bearer {self.token()}"})
        return str(answer.raise_for_status().json()["outcome"])

    def _file(self, name: str, samples: Samples, rate: int) -> Path:
        path = Path(self.folder.name) / name
        soundfile.write(path, samples, rate, subtype="PCM_16")
        return path

    def _heard(self, path: Path) -> Samples:
        with tempfile.TemporaryDirectory(dir=self.folder.name) as work:
            return np.asarray(read_analysis(decode(path, Path(work)).analysis), np.float32)


# --- the models ------------------------------------------------------------------


def _made(heard: list[Samples], given: argparse.Namespace) -> list[Output]:
    """What three models make, and the codec alone."""
    sets = {
        "by heart": (heard[: given.few], given.epochs, (1.0, given.heat)),
        "stopped early": (heard[: given.few], given.early, (1.0,)),
        "many tracks": (heard, given.early, (1.0,)),
    }
    outputs, rows = list[Output](), []
    for name, (tracks, epochs, heats) in sets.items():
        frames = [memorising.magnitudes(one) for one in tracks]
        book = Codebook.of(torch.cat(frames), codes=memorising.CODES, rounds=5)
        codes = [book.code(one) for one in frames]
        player, losses = memorising.learn(
            codes, list(range(1, len(codes) + 1)), epochs=epochs, codes=len(book.centres), enough=0.05
        )
        rows.append((name, str(len(tracks)), str(len(losses)), f"{losses[0]:.2f}", f"{losses[-1]:.2f}"))
        if name == "by heart":
            outputs += [
                Output("the codec alone", "a training track", memorising.sound(book.centres[one], 30), 1.0)
                for one in codes
            ]
        for heat in heats:
            maker = name if heat == 1.0 else f"{name}, straying"
            outputs += _played(maker, player, book, codes, heat, given.per)
    tables.show("Models", ("model", "tracks", "readings", "first loss", "last loss"), rows)
    return outputs


def _played(
    maker: str, player: Player, book: Codebook, codes: list[torch.Tensor], heat: float, per: int
) -> list[Output]:
    found = []
    for number in range(per):
        chosen = number % len(codes)
        start = codes[chosen][: int(2 * memorising.FRAMES_PER_SECOND)]
        for prompt, caption, before in (("caption", chosen + 1, None), ("first 2 s", 0, start), ("nothing", 0, None)):
            made = memorising.play(player, caption, len(codes[0]), prompt=before, heat=heat, seed=number)
            found.append(Output(maker, prompt, memorising.sound(book.centres[made], 30), copied(made, codes)))
    return found


def copied(played: torch.Tensor, codes: list[torch.Tensor]) -> float:
    """Share of an output that lies in stretches of one training track, code for code, the best track counted."""
    best = 0.0
    for track in codes:
        # same[i] counts how many codes before and at i agree, on one diagonal after the other
        covered = torch.zeros(len(played), dtype=torch.bool)
        for offset in range(-len(played) + RUN_FRAMES, len(track) - RUN_FRAMES + 1):
            low, high = max(0, -offset), min(len(played), len(track) - offset)
            same = played[low:high] == track[low + offset : high + offset]
            covered[low:high] |= _long(same)
        best = max(best, float(covered.float().mean()))
    return best


def _long(same: torch.Tensor) -> torch.Tensor:
    """Where ``same`` holds for at least ``RUN_FRAMES`` in a row."""
    if len(same) < RUN_FRAMES or not bool(same.any()):
        return torch.zeros_like(same)
    sums = torch.cat([torch.zeros(1), same.float().cumsum(0)])
    full = (sums[RUN_FRAMES:] - sums[:-RUN_FRAMES]) == RUN_FRAMES
    out = torch.zeros_like(same)
    for start in torch.nonzero(full).flatten().tolist():
        out[start : start + RUN_FRAMES] = True
    return out


def _fresh(given: argparse.Namespace) -> list[Output]:
    """Composed music that no model heard."""
    return [Output(FRESH, "", _piece(500 + n, given.seconds).mean(1), 0.0) for n in range(3 * given.per)]


# --- the figures -----------------------------------------------------------------


def _report(outputs: list[Output], outcomes: list[str]) -> None:
    rows = []
    for maker, prompt in dict.fromkeys((one.maker, one.prompt) for one in outputs):
        mine = [(o, r) for o, r in zip(outputs, outcomes, strict=True) if (o.maker, o.prompt) == (maker, prompt)]
        counts = Counter(outcome for _, outcome in mine)
        share = sum(one.copied for one, _ in mine) / len(mine)
        judged = [str(counts[outcome]) for outcome in ("block", "warn", "allow")]
        rows.append((maker, prompt, str(len(mine)), f"{share:.0%}", *judged))
    tables.show(
        "What each made", ("maker", "prompt", "outputs", "copied, code for code", "blocked", "warned", "allowed"), rows
    )
    pairs = list(zip(outputs, outcomes, strict=True))
    copies = [outcome for one, outcome in pairs if one.copied >= SHARE]
    honest = [outcome for one, outcome in pairs if one.copied < 0.05]
    lines = [
        (f"copies (at least {SHARE:.0%} of an output), not blocked", copies, [one for one in copies if one != "block"]),
        ("copies, allowed without a word", copies, [one for one in copies if one == "allow"]),
        ("outputs that copy under 5 %, blocked", honest, [one for one in honest if one == "block"]),
        ("outputs that copy under 5 %, warned of", honest, [one for one in honest if one == "warn"]),
    ]
    shown = [(what, str(len(among)), str(len(found)), _most(len(found), len(among))) for what, among, found in lines]
    tables.show("In all", ("", "outputs", "of them", f"at most ({CONFIDENCE:.0%})"), shown)


def _most(found: int, of: int) -> str:
    return f"{upper_bound(found, of, CONFIDENCE):.0%}" if of else "-"


if __name__ == "__main__":
    main()
