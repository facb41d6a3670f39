"""Repeated blocks: told at the policy's number, once an hour, to whoever answers for the service."""

from datetime import timedelta

from granting import numbered
from simulator import Simulator
from vault_domain.accounts import ServiceAccount
from vault_domain.errors import Unavailable
from vault_domain.messages import Message, Topic
from vault_domain.policy import Policy
from vault_domain.ports import Put
from vault_edge.repeats import note_block

SERVICE, OWNER = numbered("svc", 1), numbered("acc", 1)
POLICY = Policy(blocked_told=3)


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
        note_block(SERVICE, POLICY, sim.deps)
        assert told(sim) == ([OWNER, "admins"] if blocked >= 3 else [])
    sim.clock.now += timedelta(hours=1)
    for _ in range(3):
        note_block(SERVICE, POLICY, sim.deps)
    assert told(sim) == [OWNER, OWNER, "admins", "admins"]


def test_services_are_counted_apart(sim: Simulator):
    for number in range(4):
        note_block(numbered("svc", number), POLICY, sim.deps)
    assert told(sim) == []


def test_a_count_that_can_not_be_written_withholds_nothing(sim: Simulator):
    class Broken:
        def get(self, *_):
            raise Unavailable("throttled")

    note_block(SERVICE, POLICY, sim.container(records=Broken()))
