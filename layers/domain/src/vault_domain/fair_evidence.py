"""Evidence that a pack was fairly come by, as a certifier of licensed models asks for it.

A statement of every source with its legal ground, how consent was obtained and
is followed, what was done about wrong claims, and what can't be shown; beside
it the ground of each single track. It is a submission, not a certificate.
"""

from vault_domain.canonical import Json
from vault_domain.combining import CLAIM, Named, clean_claim
from vault_domain.pack_facts import PackFacts


def evidence(facts: PackFacts) -> dict[str, Json]:
    """The statement's facts, and one line for each track."""
    version = facts.version
    packs = [Named(version.ref, "train_generative", version=version)]
    packs += [Named(one.entry.dataset_id, "train_generative", dataset=one) for one in facts.beside]
    verdict = clean_claim(packs, facts.at)
    return {
        "pack": version.ref,
        "members_sha256": version.members_sha256,
        "as_of": facts.at.isoformat(),
        "sources": [_vault(facts), *(_dataset(one) for one in packs if one.dataset is not None)],
        "claim": {
            "text": CLAIM,
            "granted": verdict.granted,
            "constraints": [one.sentence for one in verdict.constraints],
        },
        "due_diligence": [
            "Every submission is compared with the vault and with registered outside catalogues before it is admitted.",
            "A flagged submission is admitted by people only, and their votes are on record.",
            "Each consent, decision, revocation and read is an event in a signed, append-only log.",
        ],
        "not_shown": [
            "That every contributor told the truth about their rights.",
            "That no similarity check ever missed a copy.",
            "What a training job did with audio after it had read it.",
        ],
        "tracks": [one.line() for one in facts.consents],
    }


def _vault(facts: PackFacts) -> dict[str, Json]:
    return {
        "source": facts.version.ref,
        "ground": "consent of the rights holders, given to the vault and revocable",
        "terms_sha256": list(facts.terms),
        "rights_holders_by_type": facts.holders,
        "tracks": len(facts.consents),
        "usable_now": facts.usable,
        "left_out": facts.left_out,
        "hours": round(facts.seconds / 3600, 3),
    }


def _dataset(named: Named) -> dict[str, Json]:
    if named.dataset is None:
        raise ValueError("not an outside dataset")
    entry = named.dataset.entry.model_dump(mode="json")
    kept = ("title", "tier", "rights", "allowed_uses", "gates_passed", "licence_texts", "ledger", "reviewed")
    return {
        "source": named.ref,
        "ground": "licence on file",
        "registration": named.dataset.number,
        **{name: entry[name] for name in kept},
    }


def statement(document: dict[str, Json]) -> str:
    """The same as a page for people (Markdown)."""
    claim = document["claim"]
    lines = [
        f"# How the training data of {document['pack']} were come by",
        "",
        f"As of {document['as_of']}. Members: SHA-256 `{document['members_sha256']}`.",
        "",
        "## Sources and their grounds",
        "",
        *(f"- **{one['source']}**: {one['ground']}." for one in document["sources"]),
        "",
        f"## “{claim['text']}”: {'granted' if claim['granted'] else 'refused'}",
        "",
        *(f"- {sentence}" for sentence in claim["constraints"]),
        "",
        "## What was done about wrong claims",
        "",
        *(f"- {sentence}" for sentence in document["due_diligence"]),
        "",
        "## What this does not show",
        "",
        *(f"- {sentence}" for sentence in document["not_shown"]),
        "",
        "The ground of each track stands in `tracks.json`.",
    ]
    return "\n".join(lines) + "\n"
