"""upload-presign: a form that takes exactly the announced bytes, to exactly one place, for a quarter of an hour."""

from vault_domain.errors import TooMany
from vault_domain.events import Actor, Kind, make_event
from vault_domain.ids import UploadId
from vault_domain.ports import Put
from vault_domain.records import stamp
from vault_domain.uploads import (
    BIND_WITHIN,
    FORM_LIFE,
    Upload,
    UploadAsk,
    counts_as_open,
    may_open,
    open_upload,
    source_key,
)  # fmt: skip
from vault_edge.app import App, Caller, Deps, Json
from vault_edge.permitting import belonging

app = App("upload-presign")
BUCKETS = {"track": "quarantine", "output": "outputs"}
PAGE = 200
UNNAMED = Actor(id="fn:upload-presign", role="contributor")
SHOWN = {"upload_id", "purpose", "state", "filename", "created", "changed", "refusal", "flags", "track_id", "parked"}


@app.post("/uploads", role=("contributor", "system"), status=201, also=(429,))
def open_form(ask: UploadAsk, caller: Caller, deps: Deps) -> Json:
    """Announce a file and get the form to send it with: fields first, the file last.

    1. Who may send what, and how much. 2. The account's quota of open uploads. 3. Record. 4. The form.
    """
    may_open(ask, caller.role, caller.scopes)
    _check_quota(caller.id, deps)
    now = deps.clock()
    upload = open_upload(ask, deps.new_id("upl"), caller.id, now)
    event = make_event(
        deps.new_id("evt"), Kind.UPLOAD_OPENED, upload.upload_id, _actor(ask, caller), now,
        purpose=ask.purpose, bytes=ask.bytes, content_type=ask.content_type,
    )  # fmt: skip
    deps.records.commit([Put(upload, 0)], [event])
    form = deps.bucket(BUCKETS[ask.purpose]).presign_post(
        source_key(upload.upload_id),
        seconds=int(FORM_LIFE.total_seconds()),
        min_bytes=ask.bytes,
        max_bytes=ask.bytes,
        content_type=ask.content_type,
    )
    return {
        "upload_id": upload.upload_id,
        "form": {"url": form.url, "fields": form.fields},
        "expires": (now + FORM_LIFE).isoformat(),
    }


def _actor(ask: UploadAsk, caller: Caller) -> Actor:
    """Who did it, for the log. A person sends an output to export it, under a pseudonym: the log names no account."""
    return caller.actor if ask.purpose == "track" or caller.role == "system" else UNNAMED


def _check_quota(owner: str, deps: Deps) -> None:
    """Uploads that nobody has made a track of yet count, until they expire."""
    limit, found, cursor = deps.policy().max_open_uploads, 0, None
    since = stamp(deps.clock() - BIND_WITHIN)
    while found < limit:
        page = deps.records.find(Upload, "by_owner", owner, since=since, newest_first=True, limit=PAGE, cursor=cursor)
        found, cursor = found + sum(map(counts_as_open, page.items)), page.cursor
        if cursor is None:
            break
    if found >= limit:
        raise TooMany(f"{limit} uploads are open; submit them, or wait until they expire", limit=limit)


@app.get("/uploads/{upload_id}", role=("contributor", "system"))
def show(upload_id: UploadId, caller: Caller, deps: Deps) -> Json:
    """Where an upload of yours stands, and why."""
    found = deps.records.get(Upload, upload_id)
    upload = belonging("upload.read", found, found.owner if found else None, caller, deps, thing="upload")
    return upload.model_dump(mode="json", include=SHOWN)


handler, http = app.lambda_entry(), app.http_entry()
