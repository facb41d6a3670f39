"""The table of docs/arch/MLCORE_DATASET_VIABILITY_ASSESSMENT.md, printed from the registry's data.

``python infra/assessment.py`` rewrites what stands between the two marks of
that page; a test holds page and data together.
"""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "functions" / "datasets" / "assessed.json"
PAGE = ROOT / "docs" / "arch" / "MLCORE_DATASET_VIABILITY_ASSESSMENT.md"
BEGIN, END = "<!-- printed from functions/datasets/assessed.json -->", "<!-- end of the printed part -->"
CLASSES = {
    "production_commercial": "production-commercial allowed",
    "research_only": "research-only allowed",
    "prohibited_or_unclear": "prohibited or unclear",
    "no_pack": "not a pack",
}
EVIDENCE = {
    "owner_text_read": "the owner's own text was read",
    "third_party_read": "read through a mirror or third party",
    "unverified": "not verified",
}


def entries() -> list[dict[str, Any]]:
    """The assessed datasets, in their order."""
    found: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))["datasets"]
    return found


def printed(found: list[dict[str, Any]]) -> str:
    """The table of tiers and one paragraph for each dataset."""
    return "\n".join([*_overview(found), "", *(line for one in found for line in _paragraph(one))])


def page(text: str) -> str:
    """The page with its printed part as the data have it."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{printed(entries())}\n{END}{after}"


def _overview(found: list[dict[str, Any]]) -> list[str]:
    head = [
        "| # | dataset | classification | tier | for | uses after its gates | effort |",
        "|---|---|---|---|---|---|---|",
    ]
    return head + [
        f"| {one['number']} | `{one['dataset_id']}` | {CLASSES[one['classification']]} | {one['tier'] or 'none'} | "
        f"{_words(one['fits'])} | {_words(one['suggested_uses'])} | {one['effort']['size']} |"
        for one in found
    ]


def _paragraph(one: dict[str, Any]) -> list[str]:
    rights = ", ".join(f"{facet.replace('_', ' ')} {licence}" for facet, licence in one["rights"].items())
    effort, gates = one["effort"], _words(one["required_gates"])
    links = " ".join(f"[{n}]({address})" for n, address in enumerate(one["addresses"], 1))
    return [
        f"### {one['number']}. {one['title']} (`{one['dataset_id']}`)",
        "",
        f"{one['contents'][0].upper()}{one['contents'][1:]}. State: {one['state']}.",
        "",
        f"- **Licence:** {one['terms']} Rights: {rights}. Evidence: {EVIDENCE[one['evidence']]}. Read: {links}",
        f"- **Application:** {one['application']}",
        f"- **Risk:** {one['risk']}",
        f"- **Work** ({effort['size']}): ingestion: {effort['ingestion']}; normalisation: {effort['normalisation']}; "
        f"governance: {effort['governance']}.",
        *([f"- **Gates of its own:** {gates}"] if one["required_gates"] else []),
        "",
    ]


def _words(names: list[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names) or "none"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
