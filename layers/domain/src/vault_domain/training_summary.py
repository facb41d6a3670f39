"""The EU's public summary of training content, filled from the ledger as far as it can be.

Follows the sections of the template that the Commission published on 24 July
2025 for Article 53(1)(d) of Regulation (EU) 2024/1689. What only the model's
provider knows is ``null`` and listed under ``to_fill``: nothing is guessed.
It covers training data from this pack and the datasets named beside it; if the
model saw anything else, the provider has to add it.
"""

from vault_domain.canonical import Json
from vault_domain.pack_facts import PackFacts

TEMPLATE = "AI Office template for the public summary of training content, July 2025"


def training_summary(facts: PackFacts) -> dict[str, Json]:
    """The summary as a document with the template's sections."""
    document: dict[str, Json] = {
        "template": TEMPLATE,
        "covers": [facts.version.ref, *(one.entry.dataset_id for one in facts.beside)],
        "as_of": facts.at.strftime("%Y-%m-%d"),
        "1_general_information": _general(facts),
        "2_list_of_data_sources": _sources(facts),
        "3_data_processing_aspects": _processing(),
    }
    return {**document, "to_fill": _empty(document)}


def _general(facts: PackFacts) -> dict[str, Json]:
    until = facts.submitted_until.strftime("%m/%Y") if facts.submitted_until else None
    genres = ", ".join(list(facts.genres)[:20])
    return {
        "1.1_provider_identification": {"name_and_contact": None, "authorised_representative": None},
        "1.2_model_identification": {
            "versioned_model_names": None,
            "model_dependencies": None,
            "date_of_placement_on_the_union_market": None,
        },
        "1.3_modalities_and_size": {
            "modalities": ["audio"],
            "audio_hours": round(facts.seconds / 3600, 3),
            "types_of_content": f"Musical recordings; genres as their contributors named them: {genres or 'none'}.",
            "latest_date_of_data_acquisition": until,
            "collection_is_ongoing": True,
            "linguistic_characteristics": facts.languages,
            "other_relevant_characteristics": (
                f"{facts.usable} recordings of {facts.contributors} contributors who chose to take part."
            ),
        },
    }


def _sources(facts: PackFacts) -> dict[str, Json]:
    return {
        "2.1_publicly_available_datasets": {
            "used": bool(facts.beside),
            "datasets": [
                {
                    "name": one.entry.title,
                    "id": one.entry.dataset_id,
                    "licences": dict(one.entry.rights.present()),
                    "addresses": [text.address for text in one.entry.licence_texts],
                }
                for one in facts.beside
            ],
        },
        "2.2_private_datasets_of_third_parties": {
            "2.2.1_licensed_by_rightsholders_or_their_representatives": {
                "used": facts.usable > 0,
                "modalities": ["audio"],
                "description": (
                    "Rights holders contributed recordings directly, each under a consent to training that can be "
                    "taken back. No payment was agreed; this is no commercial transaction."
                ),
                "rights_holders_by_type": facts.holders,
            },
            "2.2.2_from_other_third_parties": {"used": False},
        },
        "2.3_crawled_and_scraped": {"used": False},
        "2.4_user_data": {"used": False, "note": "Outputs and requests of users never enter a pack."},
        "2.5_synthetic_data": {
            "used": None,
            "note": "The vault does not know which submissions were made with the help of a model.",
        },
        "2.6_other_sources": None,
    }


def _processing() -> dict[str, Json]:
    return {
        "3.1_reservations_of_rights": {
            "code_of_practice_signatory": None,
            "measures": (
                "The pack rests on consent, not on the exception for text and data mining. Consent is looked up again "
                "at every read, and a track that was taken back is not read any more."
            ),
        },
        "3.2_removal_of_illegal_content": (
            "Submissions are compared with the vault and with outside catalogues; copies are refused or shown to "
            "reviewers, claims of infringement take a track out while they are looked at."
        ),
        "3.3_other_information": None,
    }


def _empty(value: Json, path: str = "") -> list[str]:
    """Where something is still to be said, as paths."""
    if value is None:
        return [path]
    if isinstance(value, dict):
        return [found for name, item in value.items() for found in _empty(item, f"{path}/{name}")]
    return []
