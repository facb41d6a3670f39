"""The shipped assessment: coherent, cited, printed as it is, and no permission by itself."""

import importlib.util
import json

import pytest
from packing import LEDGER, TEXT, passed
from records import NOW
from template import FUNCTIONS, ROOT
from vault_domain import datasets
from vault_domain.datasets import Dataset, DatasetAsk
from vault_domain.licences import LICENCES, Answer
from wire import ACCOUNT

ENTRIES = json.loads((FUNCTIONS / "datasets" / "assessed.json").read_text())["datasets"]
PACKS = [one for one in ENTRIES if one["tier"]]
CLASS_OF_TIER = {
    "production_approved": "production_commercial",
    "research_only": "research_only",
    "blocked": "prohibited_or_unclear",
    None: "no_pack",
}


def registration(one, **more) -> Dataset:
    kept = {name: one[name] for name in ("dataset_id", "title", "tier", "rights", "required_gates")}
    entry = {
        **kept,
        "allowed_uses": one["suggested_uses"],
        "reviewed": NOW.isoformat(),
        "reason": "as assessed",
        **more,
    }
    ask = DatasetAsk.model_validate_json(json.dumps(entry))
    return Dataset(entry=ask, number=1, registered_by=ACCOUNT, at=NOW)


def allowed(dataset) -> set[str]:
    answers = datasets.uses_now(dataset.entry.dataset_id, dataset, NOW)
    return {use for use, answer in answers.items() if answer == Answer.ALLOWED}


def test_every_candidate_of_the_assessment_is_there() -> None:
    assert {one["number"] for one in ENTRIES} == set(range(1, 47))
    assert len({one["dataset_id"] for one in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize("one", ENTRIES, ids=[one["dataset_id"] for one in ENTRIES])
def test_an_entry_is_classified_cited_and_has_an_application_a_risk_and_work(one) -> None:
    assert one["classification"] == CLASS_OF_TIER[one["tier"]]
    assert one["addresses"]
    assert all(address.startswith(("http://", "https://")) for address in one["addresses"])
    assert min(len(one[name]) for name in ("terms", "application", "risk", "contents", "state")) > 3
    assert set(one["effort"]) == {"size", "ingestion", "normalisation", "governance"}
    assert set(one["rights"].values()) <= {*LICENCES, "absent"}


@pytest.mark.parametrize("one", PACKS, ids=[one["dataset_id"] for one in PACKS])
def test_an_assessment_alone_allows_nothing_and_its_evidence_allows_what_it_says(one) -> None:
    assert allowed(registration(one)) == set()
    complete = registration(one, licence_texts=[TEXT], ledger=LEDGER, gates_passed=passed())
    expected = set(one["suggested_uses"])
    if one["dataset_id"] in ("slakh2100", "lakh-midi", "giantmidi-piano"):
        expected = set()  # their compositions are nobody's to give yet
    assert allowed(complete) == expected


def test_the_page_is_printed_from_the_data() -> None:
    spec = importlib.util.spec_from_file_location("assessment", ROOT / "infra" / "assessment.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = module.PAGE.read_text()
    assert module.page(text) == text
