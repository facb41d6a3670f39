"""The keyring: made once, kept private, shared by processes."""

import base64
import stat
import threading

import pytest
from lemm.stack.keyring import Keyring
from vault_domain.errors import Corrupt


def test_values_are_made_once_and_are_private(tmp_path):
    first = Keyring(tmp_path)
    values = [first.root_key(), first.token("a"), first.password("b"), first.signing_seed("c")]
    second = Keyring(tmp_path)
    assert values == [second.root_key(), second.token("a"), second.password("b"), second.signing_seed("c")]
    assert len(set(map(str, values))) == 4
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert len(base64.b64decode(first.signing_seed("c"))) == 32


def test_folders_do_not_share_secrets(tmp_path):
    assert Keyring(tmp_path / "a").root_key() != Keyring(tmp_path / "b").root_key()


def test_whoever_asks_first_everybody_gets_the_same(tmp_path):
    rings = [Keyring(tmp_path) for _ in range(8)]
    found = []
    threads = [threading.Thread(target=lambda ring=ring: found.append(ring.token("t"))) for ring in rings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_permissions_are_mended_and_damage_is_refused(tmp_path):
    Keyring(tmp_path).token("t")
    file = tmp_path / "secrets.json"
    file.chmod(0o644)
    Keyring(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("{")
    with pytest.raises(Corrupt, match=r"secrets\.json is damaged"):
        Keyring(tmp_path)
