"""A pack's version as a Croissant 1.1 description with Responsible-AI properties, in JSON-LD.

It describes the list of members, which lies beside it as ``members.json``, and
holds no address of any audio: audio has none but the gateway's. The context is
the standard one; mlcroissant reads the result and its records in the tests.

Specification: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html;
http://mlcommons.org/croissant/RAI/1.0
"""

from vault_domain.canonical import Json
from vault_domain.pack_facts import PackFacts
from vault_domain.rights import LICENCE

MEMBERS_FILE = "members.json"
_FIELDS = {
    "track_id": ("sc:Text", "The track's identifier in the vault."),
    "audio_sha256": ("sc:Text", "SHA-256 of its canonical FLAC."),
    "consent_version": ("sc:Integer", "Version of the consent when the pack was built."),
    "rights_sha256": ("sc:Text", "SHA-256 of the canonical rights record when the pack was built."),
}
_CONTEXT: dict[str, Json] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{
        name: f"cr:{name}"
        for name in (
            "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileProperty",
            "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5",
            "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate",
            "separator", "source", "subField", "transform",
        )
    },
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "description": {"@container": "@language"},
    "name": {"@container": "@language"},
}  # fmt: skip


def croissant(facts: PackFacts, members_bytes: int) -> dict[str, Json]:
    """The description; ``members_bytes`` is the size of the list of members."""
    version = facts.version
    made = (version.frozen or version.built).strftime("%Y-%m-%d")
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": version.ref,
        "description": (
            f"{version.members} tracks of the LEMM Vault by {version.contributors} contributors, "
            f"{version.seconds / 3600:.2f} hours, as an immutable list. Audio is read through the vault's training "
            "gateway only, under the consent of that moment."
        ),
        "url": f"urn:lemm:pack:{version.ref}",
        "license": f"urn:lemm:licence:{LICENCE}",
        "version": f"{version.number}.0.0",
        "datePublished": made,
        "dateCreated": version.built.strftime("%Y-%m-%d"),
        "creator": {"@type": "sc:Organization", "name": "LEMM Vault contributors", "url": "urn:lemm:vault"},
        "citeAs": f"LEMM Vault, pack {version.ref}, members sha256:{version.members_sha256}, {made}",
        "keywords": ["music", "audio", *list(facts.genres)[:20]],
        "inLanguage": [name for name in facts.languages if name != "instrumental"] or ["zxx"],
        "isLiveDataset": False,
        "distribution": [_distribution(facts, members_bytes)],
        "recordSet": [_record_set()],
        **_responsible(facts),
    }


def _distribution(facts: PackFacts, members_bytes: int) -> dict[str, Json]:
    return {
        "@type": "cr:FileObject",
        "@id": "members",
        "name": MEMBERS_FILE,
        "description": "The list of members, canonical JSON.",
        "contentUrl": MEMBERS_FILE,
        "contentSize": f"{members_bytes} B",
        "encodingFormat": "application/json",
        "sha256": facts.version.members_sha256,
    }


def _record_set() -> dict[str, Json]:
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"tracks/{name}",
            "name": name,
            "description": words,
            "dataType": kind,
            "source": {"fileObject": {"@id": "members"}, "extract": {"jsonPath": f"$.members[*].{name}"}},
        }
        for name, (kind, words) in _FIELDS.items()
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": "tracks",
        "name": "tracks",
        "description": "One record for each track of the pack.",
        "key": {"@id": "tracks/track_id"},
        "field": fields,
    }


def _responsible(facts: PackFacts) -> dict[str, Json]:
    """The Responsible-AI properties; each says what is on record and what is not known."""
    genres = ", ".join(f"{name} {count}" for name, count in list(facts.genres.items())[:8])
    left = sum(facts.left_out.values())
    since = facts.submitted_from.strftime("%Y-%m-%d") if facts.submitted_from else None
    until = facts.submitted_until.strftime("%Y-%m-%d") if facts.submitted_until else None
    return {
        "rai:dataCollection": (
            "Contributors submitted their own tracks and consented to training, each under a signed receipt that names "
            "the hash of the terms. Nothing was crawled or bought."
        ),
        "rai:dataCollectionType": ["Direct contribution by rights holders"],
        "rai:dataCollectionTimeFrame": [day for day in (since, until) if day],
        "rai:dataCollectionMissingData": (
            f"On {facts.at:%Y-%m-%d}, {facts.usable} of {facts.version.members} tracks may be used; {left} may not."
        ),
        "rai:dataPreprocessingProtocol": [
            "Decoded to canonical FLAC; compared with the vault and with outside catalogues before admission."
        ],
        "rai:dataBiases": [
            f"Genres as contributors named them: {genres or 'none'}. Contributors choose themselves, so the pack "
            "follows no population of music; limits per contributor, if any, are part of its query."
        ],
        "rai:dataLimitations": [
            "A similarity check has a measured rate of misses; a rights holder's statement can be wrong.",
            "Not for redistribution, and not for any use but training and evaluation under current consent.",
        ],
        "rai:dataUseCases": [f"Training and evaluation of music models, for the purpose {facts.version.query.purpose}"],
        "rai:dataSocialImpact": "Contributors can take a track back; models trained before are not changed by that.",
        "rai:personalSensitiveInformation": [
            "No names in this description or its list. Voices in recordings may identify their singers."
        ],
        "rai:dataReleaseMaintenancePlan": (
            "A version is never edited. Tracks that were taken back drop out of the next manifest; the query gives "
            "a new version."
        ),
    }
