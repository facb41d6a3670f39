"""What strangers may send: JSON is strict and bounded, and nothing but ``BadRequest`` comes out."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.errors import BadRequest, TooLarge
from vault_edge.bounds import MAX_DEPTH, MAX_VALUES, check_body, check_headers, parse_json
from vault_edge.problems import HeadersTooLarge

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
DOCUMENTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)


@given(DOCUMENTS)
def test_what_json_can_say_is_read_as_it_was_written(document):
    assert parse_json(json.dumps(document, ensure_ascii=False).encode()) == document


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes):
    with suppress(BadRequest):
        parse_json(data)


@given(st.integers(min_value=1, max_value=4 * MAX_DEPTH))
def test_nesting_is_bounded_exactly(depth: int):
    data = b"[" * depth + b"]" * depth
    if depth <= MAX_DEPTH + 1:
        parse_json(data)
    else:
        with pytest.raises(BadRequest, match="nested"):
            parse_json(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":2}',
        b'[{"a":{"b":1,"b":1}}]',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"1e999",
        b"1" * 5000,
        b'"\\ud800"',
        b'{"\\udfff":1}',
        b"\xff\xfe[\x00]\x00",
        b"[1,]",
        b"",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"[" + b"0," * MAX_VALUES + b"0]",
    ],
    ids=range(15),
)
def test_hostile_json_is_a_bad_request(data: bytes):
    with pytest.raises(BadRequest):
        parse_json(data)


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=10**9))
def test_a_body_is_refused_exactly_above_its_bound(size: int, bound: int):
    if size <= bound:
        check_body(size, bound)
    else:
        with pytest.raises(TooLarge):
            check_body(size, bound)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=400), max_size=100), st.text(max_size=9000))
def test_headers_and_query_are_bounded(headers: dict[str, str], query: str):
    size = sum(map(len, headers)) + sum(map(len, headers.values()))
    if len(headers) > 64 or size > 16 * 1024:
        with pytest.raises(HeadersTooLarge):
            check_headers(headers, query)
    elif len(query) > 8 * 1024:
        with pytest.raises(TooLarge):
            check_headers(headers, query)
    else:
        check_headers(headers, query)
