"""The log on the real stack: what happened is sequenced, served, proven, and verified offline by the command."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from second_log import SecondReader

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def sequenced(installation) -> dict:
    """Accounts make events; two sequencers are started at once, and then one more."""
    api = installation.admin_api()
    for number in range(3):
        api.register(f"log-{number}@example.org", "a password of some length", f"Log {number}")
    at_once = [threading.Thread(target=installation.invoke, args=("audit-sequence", {})) for _ in range(2)]
    for thread in at_once:
        thread.start()
    for thread in at_once:
        thread.join()
    return installation.invoke("audit-sequence", {})


def test_an_outsider_checks_the_whole_log(installation, sequenced):
    with httpx.Client(base_url=f"{installation.url}/audit/", timeout=20) as web:

        def get(path: str) -> bytes:
            return web.get(path).raise_for_status().content

        ids = [json.loads(entry)["event_id"] for entry in SecondReader(get, get("key").decode().strip()).entries()]
        assert web.get("tile/0/999").status_code == 404
        assert web.get("events", params={"subject": "x"}).status_code == 401
    assert len(ids) == len(set(ids)) >= sequenced["size"] > 3


def test_a_proof_over_http_is_verified_by_the_command_and_a_flipped_bit_is_not(installation, sequenced, tmp_path: Path):
    api = installation.admin_api()
    with httpx.Client(
        base_url=f"{installation.url}/audit/", timeout=20, headers={"Authorization": f"Bearer {api.token}"}
    ) as web:
        found = web.get("events", params={"kind": "account.created"}).raise_for_status().json()
        event = next(one for one in found["events"] if one["sequence"] is not None)
        proof = web.get(f"proof/{event['event_id']}").raise_for_status().content
        (tmp_path / "log.key").write_text(web.get("key").text)
    assert _verified(tmp_path, proof) == (0, event["event_id"])
    at = len(proof) // 2
    assert _verified(tmp_path, proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1 :])[0] == 1


def test_nobody_but_the_sequencer_writes_the_log(installation):
    objects = installation.stack.client("s3", installation.stack.function_credentials("lemm-audit"))
    with pytest.raises(objects.exceptions.ClientError):
        objects.put_object(Bucket=installation.bucket("log"), Key="public/checkpoint", Body=b"forged")
    with pytest.raises(objects.exceptions.ClientError):
        objects.get_object(Bucket=installation.bucket("log"), Key="sequencer/head")


def _verified(folder: Path, proof: bytes) -> tuple[int, str | None]:
    file = folder / "proof.json"
    file.write_bytes(proof)
    command = [Path(sys.executable).with_name("lemm"), "verify", file, "--key", folder / "log.key", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout).get("facts", {}).get("event", {}).get("event_id")
