"""The certificate as a printed page. It proves nothing: the signed JSON does, and the page says so.

The same certificate gives the same bytes: no clock, no random document id.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

MARGIN, TOP, WIDTH_CHARACTERS = 56, 790, 92


def page(certificate: Mapping[str, Any], key_id: str, where: str | None) -> bytes:
    """A PDF of one A4 page; ``where`` is the installation's public address, if it has one."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    canvas.setTitle(f"Certificate {certificate['certificate_id']}")
    canvas.setAuthor("LEMM Vault")
    canvas.setFont("Helvetica-Bold", 18)
    canvas.drawString(MARGIN, TOP, "Licence certificate")
    canvas.setFont("Helvetica", 10)
    canvas.drawString(MARGIN, TOP - 18, _plain(certificate["licence"]["title"]))
    height = TOP - 48
    for title, value in _rows(certificate, key_id):
        canvas.setFont("Helvetica-Bold", 9)
        canvas.drawString(MARGIN, height, title)
        height -= 12
        canvas.setFont("Courier", 8.5)
        for line in _lines(_plain(value)):
            canvas.drawString(MARGIN + 10, height, line)
            height -= 11
        height -= 5
    height -= 10
    canvas.setFont("Helvetica", 9)
    for line in _how(certificate, where):
        canvas.drawString(MARGIN, height, _plain(line))
        height -= 12
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _rows(certificate: Mapping[str, Any], key_id: str) -> list[tuple[str, str]]:
    licence, check, exported = certificate["licence"], certificate["check"], certificate["exported"]
    against = ", ".join(check["checked_against_external_catalogs"]) or "no outside catalogue"
    credentials = "C2PA manifest in the file" if exported["credentials"] == "c2pa" else exported["why_none"]
    version = f", version {certificate['model_version']}" if "model_version" in certificate else ""
    return [
        ("Certificate", certificate["certificate_id"]),
        ("Output and model", f"{certificate['output_id']} by {certificate['model_id']}{version}"),
        ("Holder (pseudonym)", certificate["holder"]),
        ("Licence", f"{licence['name']}, version {licence['version']}, accepted {licence['accepted_at']}"),
        ("SHA-256 of the licence text", licence["text_sha256"]),
        ("SHA-256 of the exported file", exported["sha256"]),
        ("SHA-256 of the checked file", certificate["checked"]["content_sha256"]),
        ("SHA-256 of its decoded samples", certificate["checked"]["audio_sha256"]),
        ("Check", f"{check['outcome']} at {check['at']}; vault: "
                  f"{'yes' if check['checked_against_internal'] else 'no'}; {against}"),
        ("Content credentials", credentials),
        ("Issued, and signed with the key", f"{certificate['issued_at']}, {key_id}"),
    ]  # fmt: skip


def _how(certificate: Mapping[str, Any], where: str | None) -> list[str]:
    place = f"{where.rstrip('/')}/#/verify" if where else "the page Verify of the vault"
    return [
        "This page is for reading. The proof is the signed certificate (JSON) that came with it, and the file itself.",
        f"To verify: drop either on {place},",
        "or run: lemm verify certificate.json --key keys.json --file song.wav",
        "Whether the licence is still in force is told under the certificate's number: an upheld complaint ends it.",
    ]


def _lines(text: str) -> list[str]:
    return [text[start : start + WIDTH_CHARACTERS] for start in range(0, len(text), WIDTH_CHARACTERS)] or [""]


def _plain(text: object) -> str:
    """What the standard fonts can show; anything else as a question mark."""
    return str(text).encode("cp1252", "replace").decode("cp1252")
