"""Policy versions: a change is what differs, made from what is in force; a trial counts every past decision once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import NOW, a_hit, a_report, an_id
from vault_domain.errors import Conflict
from vault_domain.governance import Past, PolicyAsk, change, differences, in_force, try_out
from vault_domain.policy import Policy, Thresholds
from vault_domain.trials import MAX_SHOWN

policies = st.builds(
    Policy,
    thresholds=st.builds(Thresholds, weak=st.sampled_from([0.2, 0.4, 0.6]), strong=st.sampled_from([0.7, 0.9])),
    auto_accept=st.booleans(),
    approvals_flagged=st.integers(2, 5),
    removed_audio_days=st.integers(0, 3650),
)


@given(before=policies, after=policies)
def test_differences_are_all_and_only_what_differs(before: Policy, after: Policy):
    found = {one.field: (one.before, one.after) for one in differences(before, after)}
    assert (not found) is (before == after)
    assert all(old != new for old, new in found.values())
    assert {name: (new, old) for name, (old, new) in found.items()} == {
        one.field: (one.before, one.after) for one in differences(after, before)
    }


@given(st.lists(policies, max_size=5))
def test_versions_form_one_line(proposed: list[Policy]):
    head = None
    for policy in proposed:
        number, present = in_force(head)
        ask = PolicyAsk(expects=number, policy=policy, reason="because of this")
        if policy == present:
            with pytest.raises(Conflict):
                change(head, ask, "acc", NOW)
            continue
        version, head, _ = change(head, ask, "acc", NOW)
        assert version.number == number + 1
        assert version.key() != head.key()
        assert in_force(head) == (number + 1, policy)
        with pytest.raises(Conflict):
            change(head, ask, "acc", NOW)


@given(st.lists(st.floats(0, 1), max_size=150), policies, policies)
def test_a_trial_counts_every_decision_once_and_lists_a_bounded_number(scores, present: Policy, proposed: Policy):
    past = [
        Past(an_id("trk", number), "accepted", (a_report("vault"), a_report("catalogue:open", a_hit(score))), ())
        for number, score in enumerate(scores)
    ]
    tried = try_out(present, proposed, past)
    assert tried["tried"] == len(scores)
    assert len(tried["tracks"]) == min(tried["changed"], MAX_SHOWN)  # type: ignore[arg-type, type-var]
    assert sum(tried["moves"].values()) == tried["changed"]  # type: ignore[union-attr, arg-type]
    assert try_out(present, present, past)["changed"] == 0
