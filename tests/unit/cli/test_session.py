"""Where the token is kept: private, whole, and overruled by the environment."""

import pytest
from lemm.session import DEFAULT_URL, Session, load_session, save_session, session_path


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("LEMM_URL", raising=False)
    monkeypatch.delenv("LEMM_TOKEN", raising=False)
    return tmp_path


def test_what_was_saved_is_loaded_and_private(home):
    path = save_session(Session("http://vault.test", "secret"))
    assert path == home / "lemm" / "session.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_session() == Session("http://vault.test", "secret")
    save_session(Session("http://vault.test", "newer"))
    assert (load_session().token, path.stat().st_mode & 0o777) == ("newer", 0o600)
    assert [entry.name for entry in path.parent.iterdir()] == ["session.json"]


def test_the_environment_wins(monkeypatch):
    save_session(Session("http://vault.test", "kept"))
    monkeypatch.setenv("LEMM_URL", "http://other.test")
    monkeypatch.setenv("LEMM_TOKEN", "given")
    assert load_session() == Session("http://other.test", "given")


@pytest.mark.parametrize("content", [None, b"", b"{", b"[1, 2]", b'"text"', b"\xff\xfe", b'{"url": null}', b"null"])
def test_without_a_usable_file_nobody_is_signed_in(content):
    if content is not None:
        session_path().parent.mkdir(parents=True)
        session_path().write_bytes(content)
    assert load_session() == Session(DEFAULT_URL, None)
