"""Words that people write and the log, which is public and for good, must not hold.

The log gets a hash under a salt that was made for these words alone and stands
beside them in the record. With both, anybody can be shown that the words were
not changed since; with record and salt deleted, the hash leads nowhere, however
easy the words are to guess.
"""

import hashlib
import hmac


def word_hash(salt: str, words: str) -> str:
    """HMAC-SHA-256 of the words (UTF-8) under their salt, hexadecimal."""
    return hmac.new(salt.encode("ascii"), words.encode("utf-8"), hashlib.sha256).hexdigest()
