"""Repeated blocks: told at the policy's number, once an hour, to whoever answers for the service and to moderators."""

from datetime import timedelta

import pytest
from granting import numbered
from simulator import Simulator
from vault_domain.accounts import ServiceAccount, Window
from vault_domain.errors import Unavailable
from vault_domain.letters import words
from vault_domain.messages import Message, Topic
from vault_domain.policy import Policy
from vault_domain.ports import Put
from vault_domain.safety import CheckAsk
from vault_edge.repeats import note_block

SERVICE, OWNER = numbered("svc", 1), numbered("acc", 1)
MANY = 1000
POLICY = Policy(blocked_told=3, blocked_told_model=MANY, blocked_told_user=MANY, blocked_told_prompt=MANY)


def asked(**said) -> CheckAsk:
    return CheckAsk(**{"output_id": "out_one", "model_id": "m", "audio_base64": "AAAA", **said})


def told(sim: Simulator) -> list[str]:
    return sorted(one.recipient for one in sim.store.everything(Message) if one.topic is Topic.BLOCKED)


def a_service(sim: Simulator) -> None:
    account = ServiceAccount(
        client_id=SERVICE, name="Generator", owner=OWNER, scopes=("safety",), secret_sha256="0" * 64,
        created=sim.clock(),
    )  # fmt: skip
    sim.store.commit([Put(account, 0)])


def test_told_once_an_hour_at_the_number(sim: Simulator):
    a_service(sim)
    for blocked in range(1, 8):
        note_block(SERVICE, asked(), POLICY, sim.deps)
        assert told(sim) == ([OWNER, "admins", "reviewers"] if blocked >= 3 else [])
    sim.clock.now += timedelta(hours=1)
    for _ in range(3):
        note_block(SERVICE, asked(), POLICY, sim.deps)
    assert told(sim) == [OWNER, OWNER, "admins", "admins", "reviewers", "reviewers"]


def test_a_number_that_is_lowered_within_the_hour_counts_at_once(sim: Simulator):
    for _ in range(2):
        note_block(SERVICE, asked(), POLICY, sim.deps)
    for _ in range(2):
        note_block(SERVICE, asked(), POLICY.model_copy(update={"blocked_told": 2}), sim.deps)
    assert told(sim) == ["admins", "reviewers"]


def test_services_are_counted_apart(sim: Simulator):
    for number in range(4):
        note_block(numbered("svc", number), asked(), POLICY, sim.deps)
    assert told(sim) == []


@pytest.mark.parametrize(
    ("number", "same", "other"),
    [
        ("blocked_told_user", {"user_ref": "user-1"}, {"user_ref": "user-2"}),
        ("blocked_told_model", {"model_id": "m1"}, {"model_id": "m2"}),
        ("blocked_told_prompt", {"prompt_pattern": "Like  SONG x!"}, {"prompt_pattern": "like song y"}),
    ],
)
def test_users_models_and_prompts_have_numbers_of_their_own(sim: Simulator, number, same, other):
    policy = POLICY.model_copy(update={"blocked_told": MANY, number: 2})
    note_block(SERVICE, asked(**same), policy, sim.deps)
    note_block(SERVICE, asked(**other), policy, sim.deps)
    note_block(numbered("svc", 2), asked(**same), policy, sim.deps)
    assert told(sim) == []
    again = {name: value.lower().replace("!", " ") for name, value in same.items()}
    note_block(SERVICE, asked(**again), policy, sim.deps)
    assert told(sim) == ["admins", "reviewers"]
    what = number.removeprefix("blocked_told_")
    (fact,) = {one.facts["what"] for one in sim.store.everything(Message)}
    assert fact == what
    _, text = words(sim.store.everything(Message)[0])
    assert "2 outputs of" in text


def test_neither_the_user_nor_the_prompt_lies_in_any_table(sim: Simulator):
    policy = POLICY.model_copy(update=dict.fromkeys(("blocked_told", "blocked_told_user", "blocked_told_prompt"), 1))
    note_block(SERVICE, asked(user_ref="alice@example.org", prompt_pattern="like Glass City"), policy, sim.deps)
    kept = repr(sim.dump()).casefold()
    assert len(sim.store.everything(Window)) == 4
    assert "alice" not in kept
    assert "glass" not in kept


def test_a_count_that_can_not_be_written_withholds_nothing(sim: Simulator):
    class Broken:
        def get(self, *_):
            raise Unavailable("throttled")

    note_block(SERVICE, asked(), POLICY, sim.container(records=Broken()))
