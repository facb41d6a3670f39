"""Whose a model's name is: others' uses from before one's runs began stop a registration, and nothing else does."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import NOW, an_id
from vault_domain.errors import Conflict
from vault_domain.model_names import ModelUse, require_own

CALLER = an_id("svc", 1)
SERVICES = st.sampled_from([an_id("svc", number) for number in range(1, 5)])
OWNERS = st.dictionaries(SERVICES, st.sampled_from([an_id("acc", 1), an_id("acc", 2)]))


@given(st.lists(st.tuples(SERVICES, st.integers(-3, 3)), max_size=6), OWNERS)
def test_only_an_earlier_use_by_somebody_else_stops_a_registration(told, owners):
    uses = [ModelUse(model_id="m", service=name, since=NOW + timedelta(minutes=at)) for name, at in told]
    ours = {name for name, owner in owners.items() if owner == owners.get(CALLER)} | {CALLER}
    if all(name in ours or at >= 0 for name, at in told):
        require_own(uses, owners, CALLER, NOW)
    else:
        with pytest.raises(Conflict, match="somebody else's"):
            require_own(uses, owners, CALLER, NOW)
