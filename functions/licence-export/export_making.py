"""One export: everything that it needs is asked for, in order, and nothing leaves before it is on record."""

import base64

from export_credentials import exported_file
from export_holders import Held, actor_of, held
from vault_domain.canonical import canonical, sha256_hex
from vault_domain.errors import Expired, LicenceNotAccepted
from vault_domain.events import Kind, make_event
from vault_domain.exporting import (
    CERTIFICATE,
    ExportAsk,
    ExportedSound,
    FileEntry,
    OutputExport,
    by_file,
    certificate,
    entries,
    known_export,
    obstacles,
    require,
    same_bytes,
)
from vault_domain.ports import Change, Put, Require, every
from vault_domain.safety import named
from vault_domain.uploads import MAX_OUTPUT_BYTES, expire, pin, source_key
from vault_edge.app import Caller, Deps
from vault_edge.output_audio import Sent, received
from vault_edge.racing import settled
from vault_edge.receipts import signed_receipt
from vault_edge.releasing import gate_now
from vault_edge.suspending import standing_now
from vault_edge.texts import output_licence


def export(output_id: str, ask: ExportAsk, caller: Caller, deps: Deps) -> OutputExport:
    """Export one output to its holder.

    1. It is theirs. 2. The last check cleared it, not too long ago, nothing is suspended, its model may be released,
    and the licence is accepted. 3. An upload that was exported gives its export again, as long as its file is kept.
    4. The audio is here. 5. It is the very file that was checked. 6. The same export again is the same one, as long as
    its file is kept. 7. Credentials. 8. The certificate. 9. The file is stored, then the export is recorded with its
    event, unless a check, an audit, a claim or a suspension, of the model too, came in between. 10. What was sent is
    deleted.
    """
    found = held("output.export", output_id, caller, ask.user_ref, deps)  # 1
    _clear(found, deps)  # 2
    again = known_export(exports_of(output_id, deps), found.holder, output_licence().number, found.check.check)
    if again is not None and again.upload_id and again.upload_id == ask.audio_upload_token:  # 3
        _forget(again.upload_id, deps)
        if not _kept(again, deps):
            raise Expired("the exported file was kept for a day; send the audio again")
        return again
    sent = received(ask, caller, deps)  # 4
    audio = _bytes(sent, deps)
    known = settled(lambda: _exported(output_id, ask, sent, audio, caller, deps))
    _forget(sent.upload_id, deps)  # 10
    return known


def exports_of(output_id: str, deps: Deps) -> tuple[OutputExport, ...]:
    """All exports of an output, in order."""
    return tuple(every(lambda at: deps.records.list(OutputExport, output_id, cursor=at)))


def file_key(export: OutputExport) -> str:
    """Where an exported file lies, for a day."""
    return f"exports/{export.certificate_id}"


def _kept(export: OutputExport, deps: Deps) -> bool:
    return deps.bucket("outputs").head(file_key(export)) is not None


def _exported(output_id: str, ask: ExportAsk, sent: Sent, audio: bytes, caller: Caller, deps: Deps) -> OutputExport:
    """Steps 5 to 9, from what is on record now: whoever lost a race asks everything again."""
    found = held("output.export", output_id, caller, ask.user_ref, deps)
    watched = _clear(found, deps)
    same_bytes(found.check, sha256_hex(audio))  # 5
    known = known_export(exports_of(output_id, deps), found.holder, output_licence().number, found.check.check)  # 6
    if known is not None and _kept(known, deps):
        return known
    return _made(found, watched, sent, audio, caller, deps)


def _clear(found: Held, deps: Deps) -> tuple[Require, ...]:
    """Refuse what stands in the way; what must still be so when the export is recorded."""
    stands, gate = standing_now(found.check, deps), gate_now(found.check, deps)
    require(obstacles(found.check, stands, gate, found.acceptance, deps.policy(), deps.clock()))
    return *stands.watched, stands.model, *gate.passed, found.unclaimed


def _made(
    found: Held, watched: tuple[Require, ...], sent: Sent, audio: bytes, caller: Caller, deps: Deps
) -> OutputExport:
    """Steps 7 to 9."""
    accepted, check, now = found.acceptance, found.check, deps.clock()
    if accepted is None:
        raise LicenceNotAccepted
    data, file = exported_file(audio, check, accepted, deps)  # 7
    certificate_id = deps.new_id("cer")
    document = certificate(certificate_id, check, accepted, output_licence(accepted.licence).title, file, now)
    envelope = signed_receipt(CERTIFICATE, document, deps)  # 8
    one = OutputExport(
        output_id=check.output_id, number=len(exports_of(check.output_id, deps)) + 1, certificate_id=certificate_id,
        holder=found.holder, licence=accepted.licence, check=check.check, file=file,
        certificate=canonical(envelope).decode("utf-8"), upload_id=sent.upload_id, at=now,
    )  # fmt: skip
    deps.bucket("outputs").write(file_key(one), data, content_type=file.media_type)  # 9
    event = make_event(
        deps.new_id("evt"), Kind.OUTPUT_EXPORTED, check.output_id, actor_of(caller, found.holder), now, None,
        holder=found.holder, model_id=check.model_id, licence=one.licence, check=one.check,
        certificate_id=certificate_id, content_sha256=check.content_sha256, exported_sha256=file.sha256,
        credentials=file.credentials, **named(check),
    )  # fmt: skip
    unchecked = check.with_changes(check=check.check + 1, version=0)
    sound = ExportedSound(output_id=check.output_id, audio_sha256=check.audio_sha256)
    shared = deps.records.get(FileEntry, by_file(file.sha256))
    changes: list[Change] = [Put(one, 0), *entries(one, shared)]
    changes += [Require(unchecked, 0), Require(accepted, accepted.version), *watched]
    changes += [Put(sound, 0)] if one.number == 1 else []
    if sent.upload:
        changes.append(Put(expire(pin(sent.upload, sent.version_id, now), now), sent.upload.version))
    deps.records.commit(changes, [event])
    return one


def _bytes(sent: Sent, deps: Deps) -> bytes:
    if sent.inline is not None:
        return base64.b64decode(sent.inline)
    return deps.bucket("outputs").read(source_key(sent.upload_id or ""), sent.version_id, limit=MAX_OUTPUT_BYTES)


def _forget(upload_id: str | None, deps: Deps) -> None:
    if upload_id is not None:
        deps.bucket("outputs").delete(source_key(upload_id), all_versions=True)
