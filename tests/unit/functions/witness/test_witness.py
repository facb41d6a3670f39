"""witness: whoever watches the log is shown what is new; what they sign ends up in proofs; nobody waits for them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ingesting import main_of, run
from lemm.verify import Refused, Trusted, verify_file
from records import later
from simulator import Simulator, killed_everywhere
from vault_domain.checkpoints import COSIGNATURE, NoteKey, open_checkpoint, parse_key
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.witnesses import MOST_WITNESSES, known_size, line_of, parse_witnesses, submission
from vault_store.log_reader import LogReader
from vault_store.signer import verify
from vault_store.witnessed import add_lines, witnessed
from wire import body_of, event, token
from witness_server import SmallWitness, serving

ORIGIN = "lemm.test/log"


def grow(sim: Simulator, count: int) -> None:
    for _ in range(count):
        fact = make_event(sim.new_id("evt"), Kind.EVIDENCE_RECORDED, "trk_x", Actor(id="fn:x", role="system"), later())
        sim.store.commit([], [fact])
    run("audit-sequence", sim.container())


def key_of(sim: Simulator) -> NoteKey:
    return NoteKey(ORIGIN, sim.signer("log").public_key())


@pytest.fixture
def watched(sim: Simulator) -> Iterator[tuple[Simulator, SmallWitness, SmallWitness]]:
    """A log of seven entries and two witnesses who have not seen it."""
    grow(sim, 7)
    names = ("witness.example/w1", "witness.example/w2")
    one, two = (SmallWitness(name, key_of(sim).text()) for name in names)
    with serving(one), serving(two):
        sim.environ["WITNESSES"] = f"{one.configured()}, {two.configured()}"
        yield sim, one, two


def asked(sim: Simulator) -> dict:
    return run("witness", sim.container())


def signers(sim: Simulator, *known: SmallWitness) -> tuple[int, set[str]]:
    note, _ = witnessed(sim.bucket("log"))
    opened = open_checkpoint(note, key_of(sim), verify, [parse_key(one.vkey()) for one in known])
    return opened.checkpoint.size, set(opened.cosigned)


def test_each_new_checkpoint_is_signed_by_all_and_asked_for_once(watched):
    sim, one, two = watched
    for size in (7, 8, 19, 300):
        grow(sim, size - sum(1 for _ in sim.store.everything(AuditEvent)))
        said = asked(sim)
        assert (said["size"], said["witnessed"]) == (size, size)
        assert set(said["witnesses"].values()) == {"signed"}
        assert signers(sim, one, two) == (size, {one.name, two.name})
        assert set(asked(sim)["witnesses"].values()) == {"signed before"}
    assert one.asked == two.asked == [0, 7, 8, 19], "each was asked from where it stood"


def test_a_proof_carries_the_signatures_and_the_command_finds_them(watched, tmp_path: Path):
    sim, one, two = watched
    asked(sim)
    grow(sim, 5)  # the newest checkpoint is signed by nobody yet
    module = main_of("audit")
    module.app.bind(sim.deps)
    first = next(event for event in sim.store.everything(AuditEvent) if event.sequence == 3)
    last = next(event for event in sim.store.everything(AuditEvent) if event.sequence == 11)
    file = tmp_path / "proof.json"

    def proof(found: AuditEvent) -> Path:
        result = module.handler(event("GET", f"/audit/proof/{found.event_id}", bearer=token(sim, "admin")), None)
        assert result["statusCode"] == 200, result["body"]
        file.write_text(result["body"])
        return file

    trusted, known = Trusted(log=key_of(sim)), [parse_key(witness.vkey()) for witness in (one, two)]
    assert "seen by witness.example/w1" in verify_file(proof(first), trusted, known).says
    with pytest.raises(Refused, match="has not signed"):
        verify_file(proof(last), trusted, known)
    asked(sim)
    assert ", witness.example/w2" in verify_file(proof(last), trusted, known).says
    shown = module.handler(event("GET", "/audit/checkpoint"), None)["body"]
    assert shown == module.handler(event("GET", "/audit/witnessed"), None)["body"]
    assert shown.count("witness.example/") == 2


def test_one_that_fails_holds_up_neither_the_other_nor_the_log(watched):
    sim, one, two = watched
    one.mood = "broken"
    assert asked(sim)["witnesses"] == {one.name: "unreachable", two.name: "signed"}
    assert signers(sim, one, two) == (7, {two.name})
    grow(sim, 1)
    one.mood = "forging"
    assert asked(sim)["witnesses"] == {one.name: "unreadable", two.name: "signed"}
    assert signers(sim, one, two) == (8, {two.name})
    one.mood, one.size = "good", 0  # it lost its memory as well
    grow(sim, 1)
    assert asked(sim)["witnesses"] == {one.name: "signed", two.name: "signed"}
    assert signers(sim, one, two) == (9, {one.name, two.name})


def test_one_that_knows_another_history_is_an_error_for_people(watched, capsys):
    sim, one, two = watched
    asked(sim)
    one.root = b"\0" * 32
    grow(sim, 2)
    assert asked(sim)["witnesses"] == {one.name: "inconsistent", two.name: "signed"}
    one.size = 10_000
    grow(sim, 2)
    assert asked(sim)["witnesses"] == {one.name: "ahead", two.name: "signed"}
    assert "a witness contradicts the log" in capsys.readouterr().out


def test_one_that_nobody_listens_to_is_unreachable(sim: Simulator):
    grow(sim, 3)
    gone = SmallWitness("witness.example/w1", key_of(sim).text())
    with serving(gone):
        sim.environ["WITNESSES"] = gone.configured()
    assert asked(sim) == {"outcome": "asked", "size": 3, "witnessed": 0, "witnesses": {gone.name: "unreachable"}}
    module = main_of("audit")
    module.app.bind(sim.deps)
    assert body_of(module.handler(event("GET", "/audit/witnessed"), None))["code"] == "not_found"


def test_without_witnesses_or_a_log_nothing_happens(sim: Simulator):
    assert asked(sim) == {"outcome": "none configured"}
    sim.environ["WITNESSES"] = SmallWitness("witness.example/w1", NoteKey(ORIGIN, bytes(32)).text()).configured()
    assert asked(sim) == {"outcome": "nothing to show"}


def test_lines_of_a_smaller_tree_never_replace_those_of_a_larger_one(watched):
    sim, one, _ = watched
    old = LogReader(sim.bucket("log")).checkpoint()
    asked(sim)
    line = witnessed(sim.bucket("log"))[0].splitlines()[-1]
    grow(sim, 4)
    asked(sim)
    newest, _ = witnessed(sim.bucket("log"))
    assert add_lines(sim.bucket("log"), old, [line]) == newest == witnessed(sim.bucket("log"))[0]
    assert one.size == 11


def test_it_may_be_killed_anywhere(watched):
    sim, one, two = watched
    environ = sim.environ["WITNESSES"]

    def world():
        made = Simulator(environ={"WITNESSES": environ})
        one.size = two.size = 0
        grow(made, 7)
        return made, lambda deps: run("witness", deps)

    for label, made in killed_everywhere(world):
        assert signers(made, one, two) == (7, {one.name, two.name}), label


@pytest.mark.parametrize("flaw", ["", "1 2", "007", "-1", "1e3", "9" * 20, "\u0661"])
def test_a_size_that_is_none_is_refused(flaw: str):
    with pytest.raises(ValueError, match="size"):
        known_size(flaw.encode())
    assert known_size(b"20852163\n") == 20852163


@pytest.mark.parametrize(
    "flaw",
    [
        "no key http://127.0.0.1",
        "{w} ftp://x",
        "{w}",
        "{log} https://x",
        "{w} https://x, {w} https://y",
        "{w} https://",
    ],
)
def test_a_wrong_configuration_is_refused(sim: Simulator, flaw: str):
    good = SmallWitness("witness.example/w1", key_of(sim).text()).vkey()
    with pytest.raises(ValueError, match=r"."):
        parse_witnesses(flaw.format(w=good, log=key_of(sim).text()))
    many = (NoteKey(f"w{n}", bytes([n]) * 32, COSIGNATURE).text() + " https://x" for n in range(MOST_WITNESSES + 1))
    with pytest.raises(ValueError, match="at most"):
        parse_witnesses(",".join(many))


def test_a_submission_is_the_documented_bytes():
    note = "example.com/log\n2\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u2014 example.com/log AAAA\n"
    assert submission(1, [bytes(32)], note) == f"old 1\n{'A' * 43}=\n\n{note}".encode()
    assert submission(0, [], note) == f"old 0\n\n{note}".encode()
    with pytest.raises(ValueError, match="never sent"):
        submission(0, [bytes(32)], note)


def test_every_flipped_bit_of_an_answer_is_refused(watched):
    sim, one, _ = watched
    note = LogReader(sim.bucket("log")).checkpoint()
    _, answer = one.add_checkpoint(submission(0, [], note))
    key, witness = key_of(sim), parse_key(one.vkey())
    assert line_of(answer, note, key, witness, verify) + "\n" == answer.decode()
    for at in range(len(answer) - 1):  # the newline at its end is no part of the line
        for bit in range(8):
            with pytest.raises(ValueError, match=r"."):
                line_of(answer[:at] + bytes([answer[at] ^ 1 << bit]) + answer[at + 1 :], note, key, witness, verify)


def test_the_answer_is_json(watched):
    assert json.loads(json.dumps(asked(watched[0])))["outcome"] == "asked"
