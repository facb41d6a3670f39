"""The mail port: a real conversation with a server on loopback, a folder, and SES as it is called."""

import socketserver
import threading
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from botocore.exceptions import ClientError
from claiming import letters_in
from vault_domain.errors import BadRequest, Unavailable
from vault_domain.letters import Letter
from vault_edge.mail import as_message, mailer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SENDER = "LEMM Vault <vault@lemm.test>"
LETTER = Letter(message_id="msg_" + "0" * 26, to="nova@example.org", subject="“Glaß City” is in", text="Grüße\n")


class Talk(socketserver.StreamRequestHandler):
    """Enough of RFC 5321 to take one letter, or to refuse its address as the server says."""

    def handle(self) -> None:
        server, data = self.server, False
        self.say("220 here")
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if data:
                if line == ".":
                    data = False
                    self.say("250 kept")
                else:
                    server.lines.append(line[1:] if line.startswith("..") else line)  # type: ignore[attr-defined]
            elif line.upper().startswith("RCPT"):
                self.say(server.answer)  # type: ignore[attr-defined]
            elif line.upper() == "DATA":
                data = True
                self.say("354 go on")
            elif line.upper() == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def server():
    with socketserver.TCPServer(("127.0.0.1", 0), Talk) as listening:
        listening.lines, listening.answer = [], "250 fine"  # type: ignore[attr-defined]
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def to(server) -> str:
    return f"smtp://127.0.0.1:{server.server_address[1]}"


def test_a_letter_arrives_as_it_was_written(server):
    mailer(to(server), SENDER, None).send(LETTER, NOW)
    mail = message_from_bytes("\r\n".join(server.lines).encode(), policy=policy.default)
    assert (mail["To"], mail["Subject"], mail["From"]) == (LETTER.to, LETTER.subject, SENDER)
    assert mail["Message-ID"] == f"<{LETTER.message_id}@lemm.test>"
    assert mail.get_content().replace("\r\n", "\n") == LETTER.text


@pytest.mark.parametrize(("answer", "error"), [("550 no such box", BadRequest), ("451 later", Unavailable)])
def test_a_refused_address_is_final_or_not_as_the_server_says(server, answer, error):
    server.answer = answer
    with pytest.raises(error) as refused:
        mailer(to(server), SENDER, None).send(LETTER, NOW)
    assert LETTER.to not in str(refused.value)


def test_a_server_that_is_not_there_is_unavailable(server):
    gone = to(server)
    server.server_close()
    with pytest.raises(Unavailable):
        mailer(gone, SENDER, None).send(LETTER, NOW)


def test_beyond_loopback_a_server_without_tls_gets_nothing(server, monkeypatch):
    monkeypatch.setattr("vault_edge.mail.LOOPBACK", frozenset())
    with pytest.raises(Unavailable):
        mailer(to(server), SENDER, None).send(LETTER, NOW)
    assert server.lines == []


def test_a_folder_gets_a_letter_once_however_often_it_is_sent(tmp_path):
    out = mailer(f"file://{tmp_path}/out box", SENDER, None)
    for _ in range(2):
        out.send(LETTER, NOW)
    (mail,) = letters_in(tmp_path / "out box")
    assert mail["Subject"] == LETTER.subject
    (path,) = (tmp_path / "out box").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_can_not_be_written_is_unavailable(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable):
        mailer(f"file://{tmp_path}/file/out", SENDER, None).send(LETTER, NOW)


class Ses:
    """boto3's client, as far as it is used."""

    def __init__(self, code: str | None = None) -> None:
        self.code, self.asked = code, {}

    def send_email(self, **asked):
        if self.code:
            raise ClientError({"Error": {"Code": self.code}}, "SendEmail")
        self.asked = asked


def test_ses_is_asked_as_documented():
    client = Ses()
    mailer("ses:", SENDER, lambda: client).send(LETTER, NOW)
    assert client.asked["Destination"] == {"ToAddresses": [LETTER.to]}
    assert client.asked["Content"]["Raw"]["Data"] == as_message(LETTER, SENDER, NOW).as_bytes()


@pytest.mark.parametrize(
    ("code", "error"), [("MessageRejected", BadRequest), ("TooManyRequestsException", Unavailable)]
)
def test_ses_refusals(code, error):
    with pytest.raises(error):
        mailer("ses:", SENDER, lambda: Ses(code)).send(LETTER, NOW)


@pytest.mark.parametrize("url", ["", "none", "http://x", "smtp://"])
def test_other_addresses_are_a_mistake_of_the_operator(url):
    with pytest.raises(ValueError, match="mail address"):
        mailer(url, SENDER, None)
