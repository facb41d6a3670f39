"""Exports: they permit exactly what the record allows, whatever is asked of them."""

from hypothesis import given
from hypothesis import strategies as st
from records import HASH, NOW, a_rights, an_id
from vault_domain.rights import FLAG_FOR, ConsentFlags, Party, RightsRecord, allows, revoke
from vault_domain.rights_export import ACTION_FOR, NEVER, TRAINS, odrl, training_mining

FLAGS = st.builds(ConsentFlags, **dict.fromkeys(ConsentFlags.model_fields, st.booleans()))
PARTY = st.one_of(
    st.just(Party(name="Ray", holder="party:0")),
    FLAGS.map(lambda flags: Party(name="Ray", holder=an_id("acc", 7), consented=True, flags=flags,
                                  terms_sha256=HASH, given=NOW)),
)  # fmt: skip


@st.composite
def records(draw) -> RightsRecord:
    record = a_rights(flags=draw(FLAGS), parties=tuple(draw(st.lists(PARTY, max_size=1))))
    return revoke(record, "", NOW) if draw(st.booleans()) else record


@given(records())
def test_an_agreement_permits_what_the_record_allows_and_prohibits_the_rest(record):
    said = odrl(record)
    granted = {
        rule["constraint"][0]["rightOperand"].removeprefix("lemm:")
        for rule in said.get("permission", ())
        if "constraint" in rule
    }
    assert granted == {purpose for purpose in FLAG_FOR if allows(record, purpose) is None}
    permitted = {rule["action"] for rule in said.get("permission", ())}
    whole = {rule["action"] for rule in said["prohibition"] if "constraint" not in rule}
    assert not permitted & whole
    assert set(NEVER) <= whole
    parts = {
        rule["constraint"][0]["rightOperand"].removeprefix("lemm:")
        for rule in said["prohibition"]
        if "constraint" in rule
    }
    for purpose, action in ACTION_FOR.items():
        assert (purpose in granted) + (purpose in parts) + (action in whole) == 1
    assert said["target"] == f"lemm://vault/{record.track_id}"
    assert "Ray" not in str(said), "names stay here"


@given(records())
def test_the_assertion_never_plainly_allows_and_has_all_four_entries(record):
    said = training_mining(record)
    entries = said["data"]["entries"]
    assert said["label"] == "cawg.training-mining"
    assert sorted(entries) == [
        "cawg.ai_generative_training",
        "cawg.ai_inference",
        "cawg.ai_training",
        "cawg.data_mining",
    ]
    for entry in entries.values():
        assert entry["use"] in ("constrained", "notAllowed")
        assert ("constraint_info" in entry) == (entry["use"] == "constrained")
    trained = [purpose for purpose in TRAINS if allows(record, purpose) is None]
    for name in ("cawg.ai_training", "cawg.ai_generative_training"):
        assert (entries[name]["use"] == "constrained") == bool(trained)
        named = entries[name].get("constraint_info", "").partition(", for ")[2]
        assert named == ", ".join(trained)


def test_what_an_outside_reader_needs():
    said = odrl(a_rights())
    assert said["@context"][0] == "http://www.w3.org/ns/odrl.jsonld"
    assert (said["@type"], said["profile"]) == ("Agreement", "urn:lemm:odrl:1")
    assert said["uid"] == f"urn:lemm:rights:{an_id('rgt')}:1"
    assert said["assigner"] == [f"urn:lemm:account:{an_id('acc')}"]
