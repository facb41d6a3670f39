"""The `lemm` command as people and programs run it: a process of its own, a running vault, exit codes, refusals."""

import hashlib
import json
import signal
import subprocess
import threading
import uuid
from pathlib import Path

import pytest
from lemm.client import Api, ApiProblem
from living import CATALOGUED, ORIGINALS, disguised, eventually, song
from shell import COMMAND, Shell

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
SAYS = ("--artist", "Nova Arc", "--genre", "ambient", "--genre", "electronic", "--product-ok")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cli-music")


@pytest.fixture(scope="module")
def shell(vault, tmp_path_factory) -> Shell:
    """Signed in as a new contributor."""
    found = Shell(tmp_path_factory.mktemp("home"), LEMM_URL=vault.place.url)
    email = f"cli-{uuid.uuid4().hex[:12]}@example.org"
    (said,) = found.lines("login", "--email", email, "--password", "over the hills", "--register", "Nova")
    kept = Path(said["session"])
    assert (said["url"], kept.stat().st_mode & 0o777) == (vault.place.url, 0o600)
    assert kept.is_relative_to(found.home)
    return found


@pytest.fixture(scope="module")
def submitted(shell, folder) -> dict:
    (said,) = shell.lines("submit", song(folder, ORIGINALS[8]), *SAYS, "--accept-terms")
    return said


def test_a_track_is_submitted_and_its_decision_awaited(shell, submitted):
    assert submitted["status"] in ("accepted", "pending_review")
    assert submitted["track_id"].startswith("trk_")
    (stands,) = shell.lines("status", submitted["track_id"])
    assert (stands["status"], stands["reasons"]) == (submitted["status"], submitted["reasons"])
    assert submitted["track_id"] in {track["track_id"] for track in shell.lines("status")}
    plain = shell.run("status", submitted["track_id"])
    assert submitted["track_id"][:12] in plain.stdout


def test_the_terms_are_shown_and_must_be_accepted(shell, folder):
    done = shell.run("submit", song(folder, ORIGINALS[8]), *SAYS)
    assert done.returncode != 0
    assert "training" in done.stdout
    assert shell.refusal_of_programs("submit", song(folder, ORIGINALS[8]), *SAYS) == "terms_not_accepted"
    assert shell.refusal_of_programs("submit", song(folder, ORIGINALS[8]), *SAYS[:-1]) == "nothing_allowed"


def test_one_bad_file_fails_the_call_and_not_the_others(shell, folder):
    letter = folder / "letter.mp3"
    letter.write_text("no song\n" * 500)
    said = shell.lines("submit", letter, song(folder, ORIGINALS[7]), *SAYS, "--accept-terms", code=1)
    assert [Path(line["file"]).name for line in said] == ["letter.mp3", f"song-{ORIGINALS[7]}.flac"]
    assert said[0]["error"]["code"] == "not_audio"
    assert "error" not in said[1]


def test_a_service_checks_outputs_with_a_token_of_its_environment(vault, shell, submitted, folder):
    token = vault.service("safety").token or ""
    kept, keys = folder / "receipts", folder / "keys.json"
    output = disguised(folder, ORIGINALS[8])
    said = shell.lines("check", output, "--model", "m", "--receipts", kept, code=1, LEMM_TOKEN=token)
    keys.write_text(json.dumps(vault.admin.call("GET", "/accounts/keys", purpose="receipt")))
    (receipt,) = kept.iterdir()
    (proven,) = shell.lines("verify", receipt, "--key", keys)
    assert (proven["kind"], proven["facts"]["output_id"]) == ("safety-receipt", said[0]["output_id"])
    assert proven["facts"]["content_sha256"] == hashlib.sha256(output.read_bytes()).hexdigest()
    assert said[0]["outcome"] in ("block", "not_cleared") if submitted["status"] != "accepted" else "block"
    assert said[0]["file"].endswith(".ogg")
    assert shell.refusal("check", disguised(folder, ORIGINALS[8])) == "forbidden"
    assert "models" in vault.admin.call("GET", "/safety/models")  # counted minutes later


def test_a_track_is_taken_back(shell, submitted):
    track_id = submitted["track_id"]
    assert shell.run("revoke", track_id).returncode != 0, "asks first"
    (said,) = shell.lines("revoke", track_id, "--yes", "--reason", "changed my mind")
    assert (said["status"], said["consent"]["revoked"]) == ("removed", True)
    assert shell.lines("status", track_id)[0]["status"] == "removed"


# --- prompts ------------------------------------------------------------------------


def test_a_listed_name_is_found_in_disguise_and_its_token_counts_for_one_prompt(vault, shell, folder):
    listed, admin = folder / "names.tsv", {"LEMM_TOKEN": vault.admin.token or ""}
    listed.write_text("Grindelhoven\tГриндельховен\n# a comment\nQueen\n", encoding="utf-8")
    (made,) = shell.lines("prompt-names", "load", str(listed), "--reason", "asked for by them", **admin)
    assert (made["changed"], made["count"]) == (2, 2)
    assert {one["name"] for one in shell.lines("prompt-names", "list", **admin)} == {"Grindelhoven", "Queen"}
    job = vault.service("safety")
    mild = job.call("POST", "/prompts/checks", {"prompt": "a queen dances, calm piano"})
    (found,) = shell.lines("prompt-check", "in the style of Gr1ndelh0ven", LEMM_TOKEN=job.token or "")
    assert (mild["outcome"], found["outcome"]) == ("allow", "stricter")
    body = {"output_id": "out_p", "model_id": "m", "audio_base64": "AAAA", "prompt_token": found["prompt_token"]}
    with pytest.raises(ApiProblem) as refused:
        job.call("POST", "/safety/checks", {**body, "prompt_sha256": mild["prompt_sha256"]})
    assert refused.value.code == "prompt_token_refused"
    answer = job.check(disguised(folder, ORIGINALS[8]), "out_p", "m", found)
    assert answer["versions"]["thresholds"] == "stricter"


# --- refusals ----------------------------------------------------------------------


def test_refusals_have_a_code_and_a_bad_end(vault, shell, folder):
    nobody, stranger = Shell(shell.home / "nobody", LEMM_URL=vault.place.url), "trk_" + "0" * 26
    nobody.home.mkdir(exist_ok=True)
    assert nobody.refusal("status") == "unauthenticated"
    assert nobody.refusal("login", "--email", "a@example.org", "--password", "wrong wrong wrong") == "bad_credentials"
    assert shell.refusal("status", stranger) == "not_found"
    assert shell.refusal("revoke", stranger, "--yes") == "not_found"
    assert shell.refusal("status", "nonsense") == "not_found"
    assert shell.refusal("status", LEMM_URL="http://127.0.0.1:9") == "unreachable"
    assert shell.refusal("login", "--email", "x", "--password", "y", "--register", "Z") == "bad_request"


@pytest.mark.parametrize(
    "arguments",
    [
        ("submit", "absent.flac", *SAYS),
        ("submit",),
        ("match", "x.flac"),
        ("match", "x.flac", "--against", "absent.snapshot"),
        ("catalogue", "build", "absent", "--name", "x"),
        ("nonsense",),
    ],
)
def test_wrong_arguments_end_with_two(tmp_path, arguments):
    done = Shell(tmp_path).run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


# --- catalogues --------------------------------------------------------------------


@pytest.fixture(scope="module")
def snapshot(shell, folder) -> Path:
    corpus = folder / "outside"
    corpus.mkdir()
    for seed in CATALOGUED:
        song(corpus, seed)
    (corpus / "notes.txt").write_text("not a song")
    offline = Shell(shell.home)
    said = offline.lines("catalogue", "build", corpus, "--name", "cli-corpus", "--out", folder)[-1]
    assert (said["tracks"], [Path(one["file"]).name for one in said["skipped"]]) == (2, ["notes.txt"])
    return Path(said["snapshot"])


def test_matching_offline_has_the_documented_shape(shell, snapshot, folder):
    ours, strange, text = disguised(folder, CATALOGUED[0]), song(folder, ORIGINALS[0]), folder / "letter.txt"
    text.write_text("no song")
    offline = Shell(shell.home)
    first, second = offline.lines("match", ours, strange, "--against", snapshot)
    assert (first["query"], second["query"]) == (str(ours), str(strange))
    best = first["matches"][0]
    assert (best["track"], best["similarity"] > 0.9) == (f"song-{CATALOGUED[0]}.flac", True)
    assert {"track", "similarity", "detector", "spans"} <= best.keys()
    names = {"query_start", "query_end", "ref_start", "ref_end", "tempo_factor", "pitch_semitones"}
    assert all(names <= span.keys() for match in first["matches"] for span in match["spans"])
    order = [match["similarity"] for match in first["matches"]]
    assert order == sorted(order, reverse=True)
    assert not [match for match in second["matches"] if match["similarity"] >= 0.7]
    (failed,) = offline.lines("match", text, "--against", snapshot, code=1)
    assert (failed["matches"], failed["error"]["code"]) == ([], "not_audio")


def test_a_damaged_snapshot_is_refused_with_its_code(shell, snapshot, folder):
    broken = folder / "broken.snapshot"
    (broken / "parts").mkdir(parents=True)
    (broken / "manifest.json").write_text("{}")
    assert Shell(shell.home).refusal("match", song(folder, ORIGINALS[0]), "--against", broken) == "corrupt"
    words = ("--title", "x", "--licence", "y")
    assert shell.refusal_of_programs("catalogue", "register", broken, *words) == "corrupt"
    assert shell.refusal_of_programs("catalogue", "register", folder, *words) == "bad_request"
    assert Shell(shell.home).refusal("catalogue", "build", folder, "--name", "../x") == "bad_request"


def test_a_catalogue_is_registered_by_an_admin(vault, shell, snapshot):
    plain = ("catalogue", "register", snapshot, "--title", "Outside", "--licence", "CC0-1.0")
    text = shell.home / "licence.txt"
    text.write_text("CC0 1.0, composed for this test")
    words = (*plain, "--licence-text", text)
    assert shell.refusal(*words) == "forbidden"
    token = Api(vault.place.url).login(vault.place.admin.email, vault.place.admin.password)["access_token"]
    assert shell.refusal(*plain, LEMM_TOKEN=token) == "licence", "its pack is not registered"
    (said,) = shell.lines(*words, LEMM_TOKEN=token)
    assert (said["name"], said["tracks"]) == ("cli-corpus", 2)
    assert shell.lines(*words, LEMM_TOKEN=token) == [said], "again is the same"
    assert "cli-corpus" in {item["name"] for item in shell.lines("catalogue", "list")}


# --- the stack -----------------------------------------------------------------------


class Up:
    """`lemm up` in a terminal, and every process that came of it."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "up", "--data", str(home / "data"), "--port", "0", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=Shell(home).environment,
        )
        guard = threading.Timer(60, self.process.kill)
        guard.start()
        line = self.process.stdout.readline()
        guard.cancel()
        assert line, self.process.stderr.read()
        self.facts = json.loads(line)

    def family(self) -> set[int]:
        """Ids of every process below this one."""
        parents = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except OSError:
                    continue
        found = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found - {self.process.pid}

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=30)
        return self.process.returncode


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_up_is_ready_finds_everything_again_and_leaves_nothing_running(tmp_path):
    first = Up(tmp_path)
    family = first.family()
    try:
        api = Api(first.facts["url"])
        assert first.facts.keys() >= {"url", "openapi", "admin", "password", "data", "seconds"}
        assert api.call("GET", "/openapi.json")["openapi"].startswith("3.")
        api.register("nova@example.org", "over the hills", "Nova")
        api.login("nova@example.org", "over the hills")
        upload_id = api.upload(song(tmp_path, ORIGINALS[0]))
        eventually(lambda: api.upload_state(upload_id)["state"] == "validated")
        family |= first.family()
        assert len(family) > 3
    finally:
        code = first.end(signal.SIGINT)
    assert code == 0
    eventually(lambda: not [pid for pid in family if alive(pid)], 20)
    second = Up(tmp_path)
    try:
        api = Api(second.facts["url"])
        assert second.facts["password"] == first.facts["password"]
        api.login("nova@example.org", "over the hills")
        assert api.upload_state(upload_id)["state"] == "validated"
        api.login(second.facts["admin"], second.facts["password"])
        busy = Shell(tmp_path).run("up", "--data", tmp_path / "data", "--port", "0", "--json")
        assert (busy.returncode, json.loads(busy.stdout)["error"]["code"]) == (1, "stack_failed")
        family = second.family()
    finally:
        assert second.end(signal.SIGTERM) == 0
    eventually(lambda: not [pid for pid in family if alive(pid)], 20)
