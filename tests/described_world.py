"""A vault in which something of each kind happened, so that calls by its description find what they ask about.

``World.called`` puts real ids, tokens and versions in the place of drawn ones.
What is used up by one call (a question, an upload) is made ready anew where
that is cheap; elsewhere later calls meet a conflict, which is an answer too.
"""

import base64
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from claiming import BASIS, WORK, letters_in
from lemm.client import Api, ApiProblem
from lemm.demo.people import METADATA, RIGHTS
from living import CATALOGUED, ORIGINALS, PASSWORD, Vault, disguised, eventually, song
from sounds import RATE, as_file, piece
from vault_domain.canonical import sha256_hex

Fields = dict[str, Any]
WEIGHTS = sha256_hex(b"weights")
AUTHOR = "author@rights.example"
LINK = re.compile(r"(?:id=(\w+)&)?token=(\w+)")


class World:
    """Who calls, by role, and what there is to call about."""

    def __init__(self, vault: Vault, folder: Path) -> None:
        self.vault, self.folder = vault, folder
        self.nova, self.ray = vault.contributor("nova"), vault.contributor("ray")
        self.anna, self.anna_email = self._promoted("anna", "reviewer")
        self.services = {scope: vault.service(scope) for scope in ("training", "safety", "catalogue")}
        self.spare = str(Api(vault.place.url).register(_address("spare"), PASSWORD, "Spare")["account_id"])
        self.tracks = self._tracks()
        self.common: Fields = {"track_id": self.tracks["own"], "account_id": self.spare}
        """What paths name where nothing else is said."""
        self.known: dict[str, Fields | Callable[[], Fields]] = {}
        """By a call's label, or the beginning of several with a star: what to put into its path, query and body."""
        self._trained()
        self._packed()
        self._claimed()
        self._judged()
        self._shared()
        self._checked()
        self._opened_accounts()
        self._governed()
        vault.place.invoke("audit-sequence", {})
        self._logged()

    def caller(self, operation: Any) -> Api | None:
        """The least of those whom the route admits; None where anybody may call."""
        raw = operation.definition.raw
        if operation.label.startswith("GET /training/objects/"):
            return Api(self.vault.place.url, token=self.run_token)
        if "x-roles" not in raw:
            return None
        if raw["x-roles"] == ["system"]:
            return self.services[raw.get("x-scope", "training")]
        people = {"contributor": self.nova, "reviewer": self.anna, "admin": self.vault.admin}
        return next(people[role] for role in people if role in raw["x-roles"])

    def real(self, label: str) -> Fields:
        """Names of path parts, and of fields of the query or body -> what is really there."""
        found: Fields = {}
        for pattern, known in self.known.items():
            if label == pattern or (pattern.endswith("*") and label.startswith(pattern[:-1])):
                found |= known() if callable(known) else known
        return found

    # --- what happened --------------------------------------------------------------

    def _promoted(self, name: str, role: str) -> tuple[Api, str]:
        api, email = Api(self.vault.place.url), _address(name)
        account = str(api.register(email, PASSWORD, name.title())["account_id"])
        self.vault.admin.call("POST", f"/accounts/{account}/role", {"role": role, "reason": "knows the music"})
        api.login(email, PASSWORD)
        return api, email

    def _tracks(self) -> dict[str, str]:
        """By what they are for: accepted, waiting for review, rejected, shared."""
        vault, folder = self.vault, self.folder
        made = {
            "own": vault.ask(self.nova, self.nova.upload(song(folder, ORIGINALS[0]))),
            "claimed": vault.ask(self.nova, self.nova.upload(song(folder, ORIGINALS[1])), "Claimed"),
            "gone": vault.ask(self.nova, self.nova.upload(song(folder, ORIGINALS[2])), "Gone"),
            "going": vault.ask(self.nova, self.nova.upload(song(folder, ORIGINALS[3])), "Going"),
            "rejected": vault.ask(self.nova, self.nova.upload(disguised(folder, CATALOGUED[0])), "Rejected"),
            "appealed": vault.ask(self.nova, self.nova.upload(disguised(folder, CATALOGUED[1])), "Appealed"),
            "others": vault.ask(self.ray, self.ray.upload(song(folder, ORIGINALS[5])), "Others"),
            "shared": self._collaboration(self.nova, ORIGINALS[4]),
            "invited": self._collaboration(self.ray, ORIGINALS[7]),
        }
        for track_id in made.values():
            vault.admin.wait_decided(track_id)
        half = folder / "half.flac"
        half.write_bytes(as_file(np.concatenate([piece(seed, 16.0)[: 10 * RATE] for seed in ORIGINALS[5:7]]), "FLAC"))
        made["waiting"] = vault.ask(self.nova, self.nova.upload(half), "Waiting")
        assert self.nova.wait_decided(made["waiting"])["status"] == "pending_review"
        return made

    def _collaboration(self, api: Api, seed: int) -> str:
        said = {**METADATA, "title": "Together", "is_collaboration": True, "collaborator_names": ["Ray", "Nova"]}
        upload = api.upload(song(self.folder, seed))
        return str(api.submit(upload, said, RIGHTS, self.vault.terms_sha256)["track_id"])

    def _trained(self) -> None:
        job, run = self.services["training"], f"run_{uuid.uuid4().hex}"
        spec = {"run_id": run, "model_id": "tiny", "model_type": "t", "purpose": "product"}
        job.call("POST", "/training/tokens", spec)
        job.call("POST", f"/training/runs/{run}/complete", {"outcome": "completed", "weights_sha256": WEIGHTS})
        version = {"model_version": "1", "runs": [run], "weights_sha256": WEIGHTS}
        job.call("POST", "/models/tiny/versions", version)
        self.nova.revoke(self.tracks["gone"])
        opened = job.call("POST", "/training/tokens", {**spec, "run_id": f"{run}_open"})
        self.run_token = str(opened["token"])
        self.nova.call("POST", "/training/canaries/offers", {"track_ids": [self.tracks["shared"]]})
        ending = {"run_id": f"{run}_open"}
        self.known |= {
            "GET /models/*": {"model_id": "tiny", "model_version": "1"},
            "POST /models/{model_id}/versions/{model_version}/audits": {"model_id": "tiny", "model_version": "1"},
            "GET /safety/models/{model_id}": {"model_id": "elsewhere"},
            "POST /models/{model_id}/versions": {"model_id": "tiny", "runs": [run], "weights_sha256": WEIGHTS},
            "GET /training/runs/*": {"run_id": run},
            "POST /training/runs/*": ending,
            "POST /training/canaries": lambda: {"run_id": _name("run_"), "track_ids": [self.tracks["shared"]]},
            "POST /training/canaries/offers": {"track_ids": [self.tracks["shared"]]},
            "POST /training/tokens": lambda: {"run_id": _name("run_"), "packs": ["LEMM_Vault_v1_core"], "filters": {}},
            "GET /tracks/{track_id}/runs/{run_id}/proof": {"run_id": run},
            "GET /tracks/{track_id}/revocation": {"track_id": self.tracks["gone"]},
            "POST /tracks/{track_id}/fingerprints/withdrawal": {"track_id": self.tracks["gone"]},
            "POST /tracks/{track_id}/revoke": {"track_id": self.tracks["going"]},
        }

    def _packed(self) -> None:
        admin = self.vault.admin
        build = f"/pack-builds/{admin.call('POST', '/packs', {'name': 'LEMM_tried'})['build_id']}"
        eventually(lambda: admin.call("GET", build)["state"] != "waiting", 90, "the pack")
        built = admin.call("GET", build)["result"]
        pack = {"name": "LEMM_tried", "number": built["number"]}
        members = {"members_sha256": built["members_sha256"]}
        dataset = admin.call("GET", "/datasets")["datasets"][0]["dataset_id"]
        self.known |= {
            "GET /packs/*": pack,
            "POST /packs/{name}/{number}/freeze": pack | members,
            "POST /packs": {"query": {}},
            "GET /pack-builds/{build_id}": {"build_id": build.rpartition("/")[2]},
            "GET /datasets/{dataset_id}": {"dataset_id": dataset},
            "POST /datasets/combine": {"uses": {dataset: "training"}},
            "POST /catalogues/{name}/parts": {"name": "open-corpus"},
            "GET /docs/{name}": {"name": "docs.js"},
            "GET /terms/{number}": {"number": "1"},
            "GET /licence/{number}": {"number": "1"},
        }

    def _claimed(self) -> None:
        """One claim that locks a track, one that waits to be confirmed, one that names no track."""
        locking, waiting, nameless = (self._files(one) for one in (self.tracks["claimed"], self.tracks["own"], None))
        filed = {locking, waiting, nameless}
        tokens = eventually(lambda: filed <= (found := self._mailed(AUTHOR)).keys() and found, 60, "the letters")
        public = Api(self.vault.place.url)
        for claim_id in (locking, nameless):
            public.call("POST", f"/claims/{claim_id}/confirmation", {"token": tokens[claim_id]})
        self.known |= {
            "GET /claims/{claim_id}": {"claim_id": locking},
            "POST /claims": {"email": _address("author"), "in_good_faith": True, "met": ""},
            "POST /claims/{claim_id}/*": {"claim_id": locking},
            "POST /claims/{claim_id}/track": {"claim_id": nameless, "track_id": self.tracks["going"]},
            "POST /claims/{claim_id}/status": {"token": tokens[locking]},
            "POST /claims/{claim_id}/confirmation": {"claim_id": waiting, "token": tokens[waiting]},
            "POST /claims/{claim_id}/decision": lambda: {
                "findings_sha256": self.anna.call("GET", f"/claims/{locking}")["findings_sha256"]
            },
            "GET /tracks/{track_id}/claims": {"track_id": self.tracks["claimed"]},
            "POST /tracks/{track_id}/claims/{claim_id}/answer": {
                "track_id": self.tracks["claimed"],
                "claim_id": locking,
            },
        }

    def _files(self, track_id: str | None) -> str:
        body = {
            "claimant": "A. Author", "email": AUTHOR, "capacity": "rights_holder", "work": WORK, "track_id": track_id,
            "basis": BASIS, "in_good_faith": True,
        }  # fmt: skip
        return str(Api(self.vault.place.url).call("POST", "/claims", body)["claim_id"])

    def _mailed(self, address: str) -> dict[str, str]:
        """The claim that a letter's link names, if it names one -> the link's token."""
        self.vault.place.invoke("notify", {})
        letters = [one for one in letters_in(self.vault.place.stack.data_dir / "outbox") if one["To"] == address]
        texts = (str(letter.get_content()) for letter in letters)
        return {found[1] or "": found[2] for text in texts if (found := LINK.search(text))}

    def _judged(self) -> None:
        """What reviewers do: evidence, a question, spans, appeals, flags, proofs of control."""
        waiting, anna = self.tracks["waiting"], self.anna
        self.nova.call("POST", f"/tracks/{self.tracks['appealed']}/appeal", {"reason": "I am the one who recorded it"})
        self.nova.call(
            "POST", f"/tracks/{self.tracks['others']}/flags", {"about": "other", "words": "Please look at it"}
        )
        self.ray.call("POST", f"/tracks/{self.tracks['own']}/flags", {"about": "other", "words": "Please look at it"})
        control = self.ray.call(
            "POST", "/control", {"artist": "Ray Lux", "release": "Glass City, its page", "refs": []}
        )
        withdrawn = self.ray.call(
            "POST", "/control", {"artist": "Ray Lux", "release": "Night Bus, its page", "refs": []}
        )
        seen = {"found": True, "where": "https://records.example/night-bus"}
        anna.call("POST", f"/control/{withdrawn['control_id']}/record", seen)
        ray = str(self.ray.call("GET", "/accounts/me")["account_id"])
        appeal = f"/tracks/{self.tracks['appealed']}/appeal"
        eventually(lambda: self.vault.admin.call("GET", appeal)["findings"], 90, "the comparison")
        self.known |= {
            "GET /review/{track_id}*": {"track_id": waiting},
            "POST /review/{track_id}/*": {"track_id": waiting},
            "POST /review/{track_id}/votes": lambda: {"evidence_sha256": self._evidence()},
            "POST /review/{track_id}/override": lambda: {"evidence_sha256": self._evidence()},
            "POST /review/{track_id}/answers": lambda: {"track_id": self._asked()},
            "POST /review/{track_id}/snippets": lambda: self._span() | {"span": 0, "offset_s": 0},
            "GET /snippets/*": lambda: {"snippet_id": self._opened()},
            "POST /tracks/{track_id}/appeal": {"track_id": self.tracks["rejected"]},
            "GET /tracks/{track_id}/appeal": {"track_id": self.tracks["appealed"]},
            "POST /tracks/{track_id}/appeal/decision": lambda: {
                "track_id": self.tracks["appealed"],
                "findings_sha256": self.vault.admin.call("GET", appeal)["findings_sha256"],
            },
            "POST /tracks/{track_id}/flags": {"track_id": self.tracks["others"]},
            "POST /tracks/{track_id}/flags/decision": {"track_id": self.tracks["own"]},
            "POST /control/{control_id}/record": {"control_id": control["control_id"]},
            "POST /control/{account_id}/{control_id}/withdraw": {
                "account_id": ray,
                "control_id": withdrawn["control_id"],
            },
        }

    def _evidence(self) -> str:
        return str(self.anna.call("GET", f"/review/{self.tracks['waiting']}").get("evidence_sha256") or "0" * 64)

    def _asked(self) -> str:
        """The waiting track, with a question on it while it still waits."""
        waiting = self.tracks["waiting"]
        question = {"vote": "needs_more_info", "note": "Whose is it?", "evidence_sha256": self._evidence()}
        with suppress(ApiProblem):
            self.anna.call("POST", f"/review/{waiting}/votes", question)
        return waiting

    def _span(self) -> Fields:
        shown = self.anna.call("GET", f"/review/{self.tracks['waiting']}")
        source, hit = next((one, one["hits"][0]) for one in shown["sources"] if one["hits"])
        return {"source": source["source"], "ref": hit["ref"], "side": "query"}

    def _opened(self) -> str:
        ask = {**self._span(), "span": 0}
        return str(self.anna.call("POST", f"/review/{self.tracks['waiting']}/snippets", ask)["snippet_id"])

    def _shared(self) -> None:
        shared, invited, address = self.tracks["shared"], self.tracks["invited"], _address("nova")
        self.ray.call("POST", f"/tracks/{invited}/invitations", {"holder": "party:1", "email": address})
        (token,) = eventually(lambda: self._mailed(address), 60, "the letter").values()
        terms = {"accepted_terms_sha256": self.vault.terms_sha256}
        upload = self.nova.upload(song(self.folder, ORIGINALS[8]))
        message = self.nova.call("GET", "/messages")["messages"][0]
        self.known |= {
            "POST /invitations/look": {"token": token},
            "POST /invitations/accept": {"token": token, **terms},
            "POST /tracks/{track_id}/invitations": {"track_id": shared, "holder": "party:0", "email": _address("ray")},
            "POST /tracks/{track_id}/consent": lambda: {"expects": self._version("consents", "consent"), **terms},
            "POST /tracks/{track_id}/corrections": lambda: {
                "expects": self._version("corrections", "metadata"), "metadata": METADATA | {"title": _name("T")},
            },
            "POST /tracks/submit": {"audio_upload_token": upload, "metadata": METADATA | {"title": "New"},
                                    "rights": RIGHTS} | terms,
            "GET /uploads/{upload_id}": {"upload_id": upload},
            "POST /uploads": {"bytes": 1000, "purpose": "track"},
            "POST /messages/{message_id}/read": {"message_id": message["message_id"]},
        }  # fmt: skip

    def _version(self, what: str, of: str) -> int:
        return int(self.nova.call("GET", f"/tracks/{self.tracks['own']}/{what}")[f"{of}_version"])

    def _checked(self) -> None:
        """An output that Nova claimed, one that she may claim, and one that nobody holds."""
        safety, sound = self.services["safety"], song(self.folder, CATALOGUED[0] + 1000)
        held, free, other = (_name("out_") for _ in range(3))
        for output in (held, free, other):
            safety.check(sound, output, "elsewhere")
        codes = {one: safety.call("POST", f"/outputs/{one}/codes", {})["code"] for one in (held, free)}
        self.nova.call("POST", f"/outputs/{held}/claim", {"code": codes[held]})
        audio = base64.b64encode(sound.read_bytes()).decode()
        suspended = {"output_id": other, "model_id": None}
        self.known |= {
            "GET /safety/checks/*": {"output_id": held},
            "POST /safety/checks": lambda: {
                "output_id": _name("out_"), "model_id": "elsewhere", "audio_base64": audio, "audio_upload_token": None,
            },
            "GET /outputs/{output_id}": {"output_id": held},
            "POST /outputs/{output_id}/codes": {"output_id": other},
            "POST /outputs/{output_id}/export": {"output_id": held},
            "POST /outputs/{output_id}/claim": {"output_id": free, "code": codes[free]},
            "POST /suspensions": suspended,
            "POST /suspensions/lift": suspended,
        }  # fmt: skip

    def _opened_accounts(self) -> None:
        login = {"email": self.anna_email, "password": PASSWORD}
        made = self.vault.admin.create_service("an asking service", ["training"])
        self.known |= {
            "POST /accounts": lambda: {"email": _address("new"), "password": PASSWORD, "affirms_authority": True},
            "POST /accounts/login": login,
            "POST /accounts/find": {"email": self.anna_email},
            "POST /accounts/token": {name: made[name] for name in ("client_id", "client_secret")} | {"scope": None},
        }

    def _governed(self) -> None:
        """From here on each change of policy waits for another admin, so that no drawn one comes into force."""
        admin, (cleo, _) = self.vault.admin, self._promoted("cleo", "admin")
        present = admin.call("GET", "/policy")
        twice = {"expects": present["number"], "policy": {**present["policy"], "second_admin": True}}
        now = int(admin.call("POST", "/policy", {**twice, "reason": "two see more than one"})["number"])
        looser = {**twice["policy"], "answer_days": 21}
        for days in (21, 22):
            cleo.call(
                "POST",
                "/policy",
                {"expects": now, "policy": {**looser, "answer_days": days}, "reason": "more time to answer"},
            )
        proposals = [one["proposal_id"] for one in admin.call("GET", "/policy/proposals")["proposals"]]
        self.known |= {
            "POST /policy": {"expects": now},
            "POST /policy/proposals/{proposal_id}/confirm": {"proposal_id": proposals[0]},
            "POST /policy/proposals/{proposal_id}/decline": {"proposal_id": proposals[1]},
        }

    def _logged(self) -> None:
        event = self.vault.admin.call("GET", "/audit/events", subject=self.tracks["own"])["events"][-1]
        size = int(_checkpoint(self.vault).splitlines()[1])
        tile = {"level": "0", "a": f"{size // 256:03d}.p"} if size % 256 else {"level": "0", "a": "000"}
        self.known |= {
            "GET /audit/events": {"subject": self.tracks["own"]},
            "GET /audit/proof/{event_id}": {"event_id": event["event_id"]},
            "GET /audit/tile/{level}/{a}": {"level": "0", "a": "000"} if size >= 256 else tile,
            "GET /audit/tile/{level}/{a}/{b}": {**tile, "b": str(size % 256)},
        }


def _address(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:12]}@example.org"


def _name(prefix: str) -> str:
    return f"{prefix}{uuid.uuid4().hex}"


def _checkpoint(vault: Vault) -> str:
    import httpx

    return httpx.get(f"{vault.place.url}/audit/checkpoint").raise_for_status().text
