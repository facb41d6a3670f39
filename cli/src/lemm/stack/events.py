"""Storage events name the version of the object, as AWS's do.

MiniStack knows the version when it reports an upload, and leaves it out of the
EventBridge event (``detail.object.version-id``, see "Amazon S3 event message
structure for EventBridge"). A step that pins the version it was told about
needs it.
"""

import json
import threading
from collections.abc import Callable
from typing import Any


def name_versions(s3: Any, eventbridge: Any) -> None:
    """Carry the version from the S3 module's notification to the event that it sends."""
    current = threading.local()
    fire: Callable[..., None] = s3._fire_s3_event
    dispatch: Callable[..., Any] = eventbridge._dispatch_event

    def fire_s3_event(*arguments: Any, version_id: str | None = None, **options: Any) -> None:
        current.version = version_id
        try:
            fire(*arguments, version_id=version_id, **options)
        finally:
            current.version = None

    def dispatch_event(event: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        version = getattr(current, "version", None)
        if version and event.get("Source") == "aws.s3":
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version
            event = {**event, "Detail": json.dumps(detail)}
        return dispatch(event, *arguments, **options)

    s3._fire_s3_event = fire_s3_event
    eventbridge._dispatch_event = dispatch_event
