"""An output that was exported stands for the sound of its export: what is found later is about its certificates."""

import pytest
from asking import audio_left, inline, post, uploaded, wire_decoder
from exports import agree, call, export
from simulator import Simulator
from sounds import as_file, in_vault, piece, registered
from vault_domain.policy import Policy, PolicyVersion, Thresholds
from vault_domain.ports import Put
from vault_domain.safety import OutputCheck
from wire import body_of

S = 12.0
SOUND, SAME, OTHER = as_file(piece(2, S)), as_file(piece(2, S), "FLAC"), as_file(piece(3, S))


@pytest.fixture
def ready(sim: Simulator, load_step):
    """A vault that clears what is not its own track, and both functions."""
    in_vault(sim, 1, as_file(piece(1, S)))
    registered(sim, ("Known piece", as_file(piece(4, S))))
    policy = Policy(thresholds=Thresholds(weak=0.9, strong=0.9))
    sim.store.commit(
        [Put(PolicyVersion(number=2, policy=policy, author="acc", reason="t", at=sim.clock(), is_head=True), 0)]
    )
    wire_decoder(sim, load_step)
    exporting = load_step("licence-export")
    agree(exporting, sim, role="system")
    return load_step("safety-check"), exporting


def checks(sim):
    return [(one.check, one.outcome) for one in sim.store.everything(OutputCheck)]


def test_after_its_export_another_sound_is_refused_under_its_name(sim: Simulator, ready) -> None:
    checking, exporting = ready
    assert post(checking, sim, inline(OTHER, user_ref="ann"))["statusCode"] == 200, "not exported yet"
    assert post(checking, sim, inline(SOUND, user_ref="ann"))["statusCode"] == 200
    made = export(exporting, sim, SOUND)
    assert made["statusCode"] == 200, made
    sent = uploaded(sim, OTHER)
    upload = sent["audio_upload_token"]
    for ask in (inline(OTHER), sent):
        refused = post(checking, sim, ask)
        assert (refused["statusCode"], body_of(refused)["code"]) == (409, "output_exported")
    assert checks(sim) == [(1, "allow"), (2, "allow")]
    again = uploaded(sim, OTHER, number=8) | {"output_id": "out_two"}
    assert post(checking, sim, again)["statusCode"] == 200, "under a name of its own"
    in_vault(sim, 2, SAME)
    assert body_of(post(checking, sim, inline(SAME)))["outcome"] == "block", "the same sound is looked at again"
    path = f"/certificates/{body_of(made)['certificate_id']}"
    assert body_of(call(exporting, sim, "GET", path, role="public"))["standing"] == "suspended"
    left = [key for key in audio_left(sim) if not key.startswith("exports/")]
    assert left == [f"analysis/{upload}.flac", f"uploads/{upload}/source"], "the refused upload can be used yet"


def test_an_export_that_comes_in_between_is_not_overtaken(sim: Simulator, ready, monkeypatch) -> None:
    checking, exporting = ready
    post(checking, sim, inline(SOUND, user_ref="ann"))
    parts, exported = checking.checked.__globals__, []
    asked = parts["same_sound"]

    def overtaken(*given):
        found = asked(*given)
        if not exported:
            exported.append(export(exporting, sim, SOUND)["statusCode"])
        return found

    monkeypatch.setitem(parts, "same_sound", overtaken)
    assert body_of(post(checking, sim, inline(OTHER)))["code"] == "output_exported"
    assert exported == [200]
    assert checks(sim) == [(1, "allow")]
