"""The program in the sandbox: puts credentials into a file, or reads them; the only code that loads the c2pa library.

It runs by itself, in its own folder, with what stands in ``ask.json``, and
writes ``answer.json``: ``{"done": ...}`` or ``{"refused": code, "detail": ...}``.
To sign it writes what is to be signed into the pipe ``tbs`` and reads the
signature from ``sig``: no key is in this process.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

SIGNATURE_BYTES = 64
PARENT = "parent"
OFFLINE = {"remote_manifest_fetch": False, "ocsp_fetch": False}
"""For every reader and builder: a file can name an address, and left to itself the library asks there."""


def _sign_outside(data: bytes) -> bytes:
    with Path("tbs").open("wb") as out:
        out.write(len(data).to_bytes(4, "big") + data)
    with Path("sig").open("rb") as back:
        return back.read(SIGNATURE_BYTES)


def _embed(ask: dict[str, Any], c2pa: Any) -> dict[str, Any]:
    signer = c2pa.Signer.from_callback(_sign_outside, c2pa.C2paSigningAlg.ED25519, ask["chain"], None)
    context = c2pa.Context.from_dict({"verify": {**OFFLINE, "verify_after_sign": False}})
    with Path("source").open("rb") as source, Path("signed").open("w+b") as signed:
        before = _has_credentials(source, ask["media_type"], c2pa, context)
        builder = c2pa.Builder(_opened(ask["manifest"]) if before else ask["manifest"], context=context)
        if before:  # what the generator itself said of the file stays in it
            source.seek(0)
            about = {"title": "as it was checked", "relationship": "parentOf", "label": PARENT, "instance_id": PARENT}
            builder.add_ingredient(about, ask["media_type"], source)
        source.seek(0)
        builder.sign(signer, ask["media_type"], source, signed)
    return {"kept": before}


def _has_credentials(source: Any, media_type: str, c2pa: Any, context: Any) -> bool:
    try:
        return c2pa.Reader(media_type, source, context=context).get_active_manifest() is not None
    except c2pa.C2paError:
        return False


def _opened(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest of a file that had one: it was not made but opened here."""
    first, *others = manifest["assertions"]
    (made,) = first["data"]["actions"]
    opened = {**made, "action": "c2pa.opened", "parameters": {"ingredientIds": [PARENT]}}
    return {**manifest, "assertions": [{**first, "data": {"actions": [opened]}}, *others]}


def _read(ask: dict[str, Any], c2pa: Any) -> dict[str, Any]:
    settings = {"verify": {**OFFLINE, "verify_trust": True}, "trust": {"user_anchors": ask["anchor"]}}
    context = c2pa.Context.from_dict(settings)
    with Path("source").open("rb") as source:
        reader = c2pa.Reader(ask["media_type"], source, context=context)
        state, results = reader.get_validation_state(), reader.get_validation_results()
        return {"state": state, "results": results, "manifest": reader.get_active_manifest()}


def main() -> None:
    """Do what was asked, once."""
    ask = json.loads(Path("ask.json").read_bytes())
    sys.path[:0] = ask["paths"]
    import c2pa

    try:
        answer: dict[str, Any] = {"done": {"embed": _embed, "read": _read}[ask["do"]](ask, c2pa)}
    except c2pa.C2paError as error:
        answer = {"refused": type(error).__name__.removeprefix("_C2pa"), "detail": str(error)[:300]}
    Path("answer.json").write_text(json.dumps(answer))
    os._exit(0)  # the library's threads need no farewell


if __name__ == "__main__":
    main()
