"""The Croissant description, read by the reference implementation: valid, and its records are the pack's members."""

import json

import pytest
from packing import facts
from vault_domain.croissant import MEMBERS_FILE, croissant
from vault_domain.packs import canonical_members

pytestmark = pytest.mark.slow


@pytest.fixture
def read(tmp_path):
    mlcroissant = pytest.importorskip("mlcroissant", reason="requirements/train.txt is not installed")

    def reader(found, data: bytes):
        (tmp_path / MEMBERS_FILE).write_bytes(data)
        path = tmp_path / "croissant.json"
        path.write_text(json.dumps(croissant(found, len(data))))
        return mlcroissant.Dataset(jsonld=path)

    return reader


def test_it_is_valid_and_its_records_are_the_members(read) -> None:
    found = facts()
    dataset = read(found, canonical_members(one.member for one in found.consents))
    assert dataset.metadata.ctx.issues.errors == set()
    assert dataset.metadata.ctx.issues.warnings == set()
    assert dataset.metadata.ctx.is_v1_1()
    assert dataset.metadata.data_collection.startswith("Contributors submitted")
    rows = [{name.split("/")[-1]: value for name, value in row.items()} for row in dataset.records("tracks")]
    plain = [{name: _text(value) for name, value in row.items()} for row in rows]
    assert plain == [one.member.model_dump(mode="json") for one in found.consents]


def test_another_list_is_not_taken_for_it(read) -> None:
    found = facts()
    data = canonical_members(one.member for one in found.consents[:2])
    with pytest.raises(Exception, match=r"Download\(members\)"):
        list(read(found, data).records("tracks"))


def _text(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else int(value) if not isinstance(value, str) else value
