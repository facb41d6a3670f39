"""Canonical bytes: what is hashed and signed.

UTF-8 JSON, keys sorted by code point, no spaces, no NaN or infinity: the
subset of RFC 8785 (JSON Canonicalization Scheme) that our documents use.
Floating-point numbers are allowed only as multiples of 1e-6 below 1e9, where
Python's shortest repr and ECMAScript's agree once ``-0`` and exponents are
kept out; use :func:`fixed` to get there.
"""

import hashlib
import json
from typing import Any

Json = Any


def fixed(value: float) -> float:
    """Round to six decimals; below 1e-4 to four, where Python would write an exponent."""
    rounded = round(float(value), 6)
    return (rounded if abs(rounded) >= 1e-4 else round(rounded, 4)) + 0.0


def canonical(document: Json) -> bytes:
    """Serialise ``document`` to its one byte string. Raises ``ValueError`` on NaN."""
    return json.dumps(
        _plain(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8")


def sha256_hex(data: bytes) -> str:
    """SHA-256 as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest(document: Json) -> str:
    """SHA-256 of the canonical bytes, hexadecimal."""
    return sha256_hex(canonical(document))


def _plain(value: Json) -> Json:
    """Numbers in one form: floats fixed, and whole ones written as integers."""
    if isinstance(value, float):
        rounded = fixed(value)
        if not abs(rounded) < 1e9:  # NaN too
            raise ValueError("a number outside the canonical range")
        if rounded.is_integer():
            return int(rounded)
        return rounded
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
