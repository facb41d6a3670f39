"""Exports of a pack: filled from records, silent where nothing is known, and without any address of audio."""

import json
import re

from granting import numbered
from packing import BY, a_dataset, facts
from vault_domain.croissant import croissant
from vault_domain.fair_evidence import evidence, statement
from vault_domain.training_summary import training_summary


def every_text(document) -> str:
    return json.dumps(document, ensure_ascii=False, default=str)


def test_facts_count_what_may_be_used_now() -> None:
    found = facts(revoked=1)
    assert (found.usable, found.left_out, found.seconds, found.contributors) == (2, {"revoked": 1}, 120.0, 2)
    assert found.genres == {"ambient": 1, "folk": 1}
    assert found.languages == {"fr": 1, "instrumental": 1}
    assert (found.holders, found.terms) == ({"individual": 2}, ("0" * 64,))


def test_no_export_holds_an_address_of_audio_or_a_name() -> None:
    found = facts(beside=(a_dataset(),))
    for document in (croissant(found, 700), training_summary(found), evidence(found)):
        text = every_text(document)
        assert "lemm://" not in text
        assert 'flac"' not in text
        assert "Secret" not in text
        assert BY not in text
        assert numbered("acc", 7) not in text
        addresses = set(re.findall(r"https?://[^\"\\ ]+", text))
        known = ("https://schema.org", "http://mlcommons.org", "http://purl.org", "https://example.org/licence")
        assert all(address.startswith(known) for address in addresses)


def test_croissant_describes_the_list_by_its_hash() -> None:
    found = facts()
    document = croissant(found, 700)
    (file,) = document["distribution"]
    assert (file["sha256"], file["contentUrl"]) == (found.version.members_sha256, "members.json")
    assert "http://mlcommons.org/croissant/1.1" in document["conformsTo"]
    assert {one["name"] for one in document["recordSet"][0]["field"]} == set(found.consents[0].member.model_dump())


def test_the_summary_says_what_is_known_and_lists_what_is_not() -> None:
    found = training_summary(facts(revoked=1, beside=(a_dataset(),)))
    size = found["1_general_information"]["1.3_modalities_and_size"]
    assert (size["audio_hours"], size["latest_date_of_data_acquisition"]) == (0.033, "02/2026")
    sources = found["2_list_of_data_sources"]
    assert [one["id"] for one in sources["2.1_publicly_available_datasets"]["datasets"]] == ["open-music"]
    assert sources["2.3_crawled_and_scraped"] == {"used": False}
    assert "/1_general_information/1.2_model_identification/versioned_model_names" in found["to_fill"]
    assert "/2_list_of_data_sources/2.5_synthetic_data/used" in found["to_fill"]
    for path in found["to_fill"]:
        value = found
        for name in path.split("/")[1:]:
            value = value[name]
        assert value is None


def test_the_evidence_has_a_ground_for_each_track_and_the_claim() -> None:
    found = evidence(facts(revoked=1))
    assert [one["usable_now"] for one in found["tracks"]] == [False, True, True]
    assert found["tracks"][0]["left_out_because"] == "revoked"
    assert all(one["terms_sha256"] == "0" * 64 and one["license_type"] for one in found["tracks"])
    assert found["claim"]["granted"]
    page = statement(found)
    assert "granted" in page
    assert "What this does not show" in page
    blocked = a_dataset("else", tier="blocked", allowed_uses=[])
    spoiled = evidence(facts(beside=(blocked,)))
    assert not spoiled["claim"]["granted"]
    assert "refused" in statement(spoiled)


def test_a_pack_of_which_nothing_is_left_still_exports() -> None:
    found = facts(revoked=3)
    assert croissant(found, 1)["rai:dataCollectionTimeFrame"] == []
    assert (
        training_summary(found)["2_list_of_data_sources"]["2.2_private_datasets_of_third_parties"][
            "2.2.1_licensed_by_rightsholders_or_their_representatives"
        ]["used"]
        is False
    )
    assert evidence(found)["sources"][0]["usable_now"] == 0
