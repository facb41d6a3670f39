"""Which object keys we use: plain, relative, and safe in forms and addresses."""

import re

from vault_domain.errors import BadRequest

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=-]*(/[A-Za-z0-9_][A-Za-z0-9_.=-]*)*")
MAX_KEY_BYTES = 1024


def check_object_key(key: str) -> None:
    """Refuse any key that we would not have made ourselves.

    No ``..``, no leading slash, no ``$`` (S3 forms expand ``${filename}``), so
    that a key means the same to S3, to a file system and to a browser.
    """
    if len(key) > MAX_KEY_BYTES or not _KEY.fullmatch(key):
        raise BadRequest("this is not an object key of ours")
