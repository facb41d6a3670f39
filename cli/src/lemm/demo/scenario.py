"""The main job, step by step; each step writes what it expected and saw into the ledger."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lemm.catalogue import build_catalogue
from lemm.client import Api, ApiProblem, Json
from lemm.demo.ledger import Ledger
from lemm.demo.material import CORPUS_LICENCE, Copy, Material, make_copies
from lemm.demo.people import Cast, submit
from lemm.demo.spans import spans_hold
from lemm.demo.traces import Traces
from lemm.output import span_words
from lemm.registering import licence_text, register_corpus, send_catalogue

AT_ONCE = 4
"""Uploads under way at the same time."""


@dataclass
class Scenario:
    """The cast, the material, and what has been learnt so far."""

    cast: Cast
    material: Material
    traces: Traces
    ledger: Ledger
    folder: Path
    tell: Callable[[str], None]
    own_audio: bool
    accepted: dict[str, str] = field(default_factory=dict)
    """File name -> track id of every accepted original."""
    refused_uploads: list[str] = field(default_factory=list)
    copies: dict[str, Copy] = field(default_factory=dict)

    def play(self) -> None:
        """All of it, in order."""
        for step in (
            self.register_catalogue,
            self.submit_originals,
            self.submit_byte_identical,
            self.submit_copies,
            self.submit_bad_files,
            self.nothing_left_behind,
            self.submit_twins,
            self.train_and_revoke,
            self.check_outputs,
        ):
            step()

    # --- the vault --------------------------------------------------------------

    def register_catalogue(self) -> None:
        """An outside catalogue, so that the default policy can clear."""
        self.tell("building and registering an open catalogue")
        with self.ledger.timed() as clock:
            built = build_catalogue(self.material.catalogue, "open-corpus", self.folder)
            text = licence_text(CORPUS_LICENCE.encode(), "lemm demo")
            register_corpus(self.cast.admin, "open-corpus", "Open corpus", "CC0-1.0", text)
            answer = send_catalogue(self.cast.admin, Path(built["snapshot"]), "Open corpus", "CC0-1.0")
            held = answer["tracks"] == 3
            self.ledger.add("open catalogue", held, f"{answer['tracks']} tracks registered", seconds=clock())

    def submit_originals(self) -> None:
        """Originals are accepted; a user's own files may be found to resemble each other."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._submit_original, self.material.originals))

    def _submit_original(self, path: Path) -> None:
        self.tell(f"submitting {path.name}")
        with self.ledger.timed() as clock:
            state = self._decided(self.cast.nova, path)
            if state["status"] == "accepted":
                self.accepted[path.name] = state["track_id"]
            self.ledger.add(path.name, self._original_held(state), _words(state), seconds=clock(), **_found(state))

    def _original_held(self, state: Json) -> bool:
        """A composed original is accepted; of a user's own files, any that is not must say why."""
        if self.own_audio and state["status"] in ("pending_review", "rejected", "dispute_pending", "refused"):
            return bool(state["reasons"])
        return bool(state["status"] == "accepted")

    def submit_byte_identical(self) -> None:
        """The very same file again, by somebody else: rejected, and the original is named."""
        name, track = next(iter(self.accepted.items()))
        path = next(p for p in self.material.originals if p.name == name)
        with self.ledger.timed() as clock:
            state = self._decided(self.cast.ray, path)
            duplicate = [r for r in state["reasons"] if r["code"] == "duplicate" and track in r["refs"]]
            held = state["status"] == "rejected" and bool(duplicate)
            self.ledger.add(f"{name}, byte for byte", held, _words(state), seconds=clock(), **_found(state))

    def submit_copies(self) -> None:
        """Copies in disguise are found, with the right track and the right seconds."""
        self.tell("making copies in disguise")
        usable = [path for path in self.material.originals if path.name in self.accepted]
        self.copies = make_copies(self.folder, usable)
        for what, copy in self.copies.items():
            self.tell(f"submitting a copy: {what}")
            with self.ledger.timed() as clock:
                state = self._decided(self.cast.ray, copy.path)
                hit = next((h for h in state["hits"] if h["ref"] == self.accepted[copy.of]), None)
                bounds = copy.query_start, copy.query_end, copy.ref_start, copy.quiet
                right = hit is not None and spans_hold(hit["spans"], *bounds)
                held = state["status"] in ("pending_review", "rejected") and right
                self.ledger.add(f"{what} of {copy.of}", held, _words(state), seconds=clock(), **_found(state))

    def submit_bad_files(self) -> None:
        """Files that can't be used are refused, each with its reason."""
        for code, path in self.material.bad.items():
            self.tell(f"submitting {path.name}")
            with self.ledger.timed() as clock:
                state = self._decided(self.cast.ray, path)
                self.refused_uploads.append(state["upload_id"])
                held = state["status"] == "refused" and [r["code"] for r in state["reasons"]] == [code]
                self.ledger.add(path.name, held, _words(state), seconds=clock(), checks="validate")

    def nothing_left_behind(self) -> None:
        """Of a refused upload nothing lies in the vault, nor in the index, nor in quarantine."""
        with self.ledger.timed() as clock:
            left = [key for upload in self.refused_uploads for key in self.traces.objects_of(upload)]
            strangers = self.traces.vault_tracks() - set(self.accepted.values())
            held = not left and not strangers
            words = "nothing is left" if held else f"left: {left + sorted(strangers)}"
            self.ledger.add("refused uploads", held, words, seconds=clock(), checks="object stores")

    def submit_twins(self) -> None:
        """The same file by two people at the same moment: exactly one is accepted."""
        self.tell("submitting one file twice at the same moment")
        with self.ledger.timed() as clock, ThreadPoolExecutor(2) as pool:
            both = [pool.submit(self._decided, api, self.material.twin) for api in (self.cast.nova, self.cast.ray)]
            states = [future.result() for future in both]
            taken = [state for state in states if state["status"] == "accepted"]
            other = [state for state in states if state["status"] != "accepted"]
            named = len(taken) == 1 and any(taken[0]["track_id"] in r["refs"] for r in other[0]["reasons"])
            words = " and ".join(sorted(state["status"] for state in states))
            self.ledger.add(
                "two identical uploads at once", named, words, seconds=clock(), checks="original claimed once"
            )

    # --- training ---------------------------------------------------------------

    def train_and_revoke(self) -> None:
        """A manifest, a verified read, a revocation, and the next read of the same manifest refused."""
        from lemm.training import VaultStream

        self.tell("training through the gateway")
        copied = {copy.of for copy in self.copies.values()}  # these are needed for the safety check
        name, track = min(self.accepted.items(), key=lambda item: item[0] in copied)
        with self.ledger.timed() as clock:
            stream = VaultStream(
                self.cast.job.url, self.cast.job.token or "", run_id=f"run_demo_{track[-8:]}", model_id="demo-model"
            )
            entries = list(stream.entries())
            audio = stream.read(track)
            held = track in {entry["track_id"] for entry in entries} and len(audio) > 0
            words = f"{len(entries)} tracks granted, {len(audio)} bytes read and verified"
            self.ledger.add("training run", held, words, seconds=clock(), checks="manifest signature, SHA-256")
        with self.ledger.timed() as clock:
            receipt = self.cast.nova.revoke(track, "demonstration")
            code = _problem(lambda: stream.read(track))
            others = next((entry["track_id"] for entry in entries if entry["track_id"] != track), None)
            still = others is None or len(stream.read(others)) > 0
            held = code == "revoked" and still and "receipt" in receipt
            words = f"next read of the same manifest: {code}"
            self.ledger.add(f"revocation of {name}", held, words, seconds=clock(), checks="consent at each read")
        del self.accepted[name]

    # --- outputs ------------------------------------------------------------------

    def check_outputs(self) -> None:
        """A copy is blocked, an unrelated piece is allowed; each check is an event."""
        live = [copy for copy in self.copies.values() if copy.of in self.accepted] or list(self.copies.values())
        self._check_output("a copy", live[0].path, "block")
        self._check_output("an unrelated piece", self.material.unrelated, "allow")

    def _check_output(self, what: str, path: Path, expected: str) -> None:
        self.tell(f"checking an output: {what}")
        output = f"out_demo_{expected}"
        with self.ledger.timed() as clock:
            answer = self.cast.generator.check(path, output, "demo-model")
            logged = self.traces.logged(output)
            held = answer["outcome"] == expected and logged
            hit = answer["matches"][0] if answer["matches"] else None
            self.ledger.add(
                f"safety check: {what}",
                held,
                f"{answer['outcome']}{', logged' if logged else ', NOT logged'}",
                seconds=clock(),
                checks=_scores(answer),
                spans=span_words(hit["spans"]) if hit else "",
            )

    # --- help -------------------------------------------------------------------

    def _decided(self, api: Api, path: Path) -> Json:
        """Submit a file and wait for its end; ``status`` is the track's, or ``refused`` for an upload."""
        from lemm.demo.watching import submit_and_watch

        return submit_and_watch(api, path, self.cast, submit)


def _problem(call: Callable[[], Any]) -> str:
    try:
        call()
    except ApiProblem as problem:
        return problem.code
    except Exception as error:  # the training client has errors of its own; what counts is the code
        return str(getattr(error, "code", error))
    return "none"


def _words(state: Json) -> str:
    why = "; ".join(reason["detail"] or reason["code"] for reason in state["reasons"][:1])
    return f"{state['status']}: {why}" if why else str(state["status"])


def _found(state: Json) -> dict[str, str]:
    best = state["hits"][0] if state["hits"] else None
    return {"checks": ", ".join(state["checks"]), "spans": span_words(best["spans"], 2) if best else ""}


def _scores(answer: Json) -> str:
    pairs = (("vault", answer["sim_internal_max"]), ("outside", answer["sim_external_max"]))
    return ", ".join(f"{name} {value:.2f}" for name, value in pairs if value is not None)
