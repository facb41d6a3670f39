"""What the demonstration looks up behind the API, as the operator: objects and events."""

import json
from typing import Any

from lemm.installation import PREFIX, Installation


class Traces:
    """Object stores and the audit events of a running installation."""

    def __init__(self, place: Installation) -> None:
        self._place = place
        self._s3: Any = place.stack.client("s3")
        self._tables: Any = place.stack.client("dynamodb")

    def _keys(self, bucket: str, prefix: str = "") -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._place.bucket(bucket), Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def objects_of(self, upload_id: str) -> list[str]:
        """Every object in quarantine or vault whose key names this upload."""
        return [key for bucket in ("quarantine", "vault") for key in self._keys(bucket) if upload_id in key]

    def vault_tracks(self) -> set[str]:
        """Tracks with audio in the vault bucket."""
        return {key.removeprefix("audio/").removesuffix(".flac") for key in self._keys("vault", "audio/")}

    def logged(self, output_id: str) -> bool:
        """Whether an output check of this output is among the audit events."""
        found = self._tables.query(
            TableName=f"{PREFIX}-events",
            IndexName="by_subject",
            KeyConditionExpression="by_subject_h = :subject",
            ExpressionAttributeValues={":subject": {"S": output_id}},
        )
        return any(json.loads(item["doc"]["S"])["event"] == "output_similarity_check" for item in found["Items"])
