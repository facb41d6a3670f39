"""Packs: the same vault gives the same list, limits hold, and a list is only ever what its hash names."""

from datetime import timedelta

import pytest
from granting import a_track, its_rights, missing_party, numbered
from hypothesis import given
from hypothesis import strategies as st
from records import NOW
from vault_domain.canonical import sha256_hex
from vault_domain.errors import Conflict, Corrupt
from vault_domain.pack_building import check_size, collect, draft
from vault_domain.packs import FreezeAsk, PackAsk, PackHead, PackQuery, freeze, members_now, read_members
from vault_domain.rights import revoke
from vault_domain.tracks import Status

BY = numbered("acc", 1)


@st.composite
def vaults(draw):
    """A few contributors' tracks, some of them revoked, in any order."""
    found = []
    for number in draw(st.lists(st.integers(1, 99), max_size=12, unique=True)):
        track = a_track(
            number, owner=numbered("acc", draw(st.integers(1, 3))), duration_s=float(draw(st.integers(1, 300))),
            submitted=NOW - timedelta(days=draw(st.integers(0, 5))), status=draw(st.sampled_from(list(Status)[3:6])),
        )  # fmt: skip
        rights = its_rights(track)
        found.append((track, revoke(rights, "", NOW) if draw(st.booleans()) else rights))
    return found


QUERIES = st.builds(
    PackQuery,
    max_tracks=st.none() | st.integers(1, 5),
    max_per_contributor=st.none() | st.integers(1, 3),
    max_seconds_per_contributor=st.none() | st.floats(1, 400),
)


@given(vaults(), QUERIES, st.randoms())
def test_the_same_vault_gives_the_same_pack(vault, query, chance) -> None:
    shuffled = chance.sample(vault, len(vault))
    assert collect(vault, query) == collect(shuffled, query)


@given(vaults(), QUERIES)
def test_members_consent_and_limits_hold(vault, query) -> None:
    found, known = collect(vault, query), {track.track_id: (track, rights) for track, rights in vault}
    per: dict[str, list[float]] = {}
    for member in found.members:
        track, rights = known[member.track_id]
        assert track.status is Status.ACCEPTED
        assert not rights.revoked
        assert (member.audio_sha256, member.rights_sha256) == (track.stored_sha256, rights.digest())
        per.setdefault(track.owner, []).append(track.duration_s)
    assert len(found.members) <= (query.max_tracks or 99)
    assert all(len(held) <= (query.max_per_contributor or 99) for held in per.values())
    assert all(sum(held) <= (query.max_seconds_per_contributor or 1e9) for held in per.values())
    assert [one.track_id for one in found.members] == sorted(one.track_id for one in found.members)
    assert found.contributors == len(per)
    assert len(found.members) + sum(found.left_out.values()) == len(vault)


@given(vaults())
def test_a_list_reads_back_and_no_other_bytes_do(vault) -> None:
    found = collect(vault, PackQuery())
    data = found.document()
    assert read_members(data, sha256_hex(data)) == found.members
    with pytest.raises(Corrupt):
        read_members(data + b" ", sha256_hex(data))
    with pytest.raises(Corrupt):
        read_members(b"[]", sha256_hex(b"[]"))


def test_the_bytes_of_a_list_are_the_documented_ones() -> None:
    from pathlib import Path

    track = a_track(1)
    data = collect([(track, its_rights(track))], PackQuery()).document()
    text = (Path(__file__).resolve().parents[3] / "docs" / "formats" / "pack.md").read_text()
    assert f"\n{data.decode()}\n" in text
    assert f"`{sha256_hex(data)}`" in text


def vault_of(*numbers: int):
    return [(track, its_rights(track)) for track in map(a_track, numbers)]


def test_versions_are_numbered_and_only_made_when_something_differs() -> None:
    ask, found = PackAsk(name="P", query=PackQuery(genres=["ambient"])), collect(vault_of(1, 2), PackQuery())
    first = draft(ask, found, None, None, BY, NOW)
    head = PackHead(name="P", newest=1)
    assert (first.ref, first.members, first.state) == ("P@1", 2, "draft")
    assert draft(ask, found, first, head, BY, NOW) is first
    assert draft(ask, collect(vault_of(1), PackQuery()), first, head, BY, NOW).number == 2
    assert draft(PackAsk(name="P"), found, first, head, BY, NOW).number == 2


def test_freezing_names_the_content_that_is_meant() -> None:
    version = draft(PackAsk(name="P"), collect(vault_of(1), PackQuery()), None, None, BY, NOW)
    ask = FreezeAsk(members_sha256=version.members_sha256, reason="for the first model")
    frozen = freeze(version, ask, BY, "slt", NOW)
    assert (frozen.state, frozen.frozen, frozen.members_sha256) == ("frozen", NOW, version.members_sha256)
    assert freeze(frozen, ask, BY, "slt", NOW) is frozen
    with pytest.raises(Conflict):
        freeze(version, FreezeAsk(members_sha256="0" * 64, reason="for the first model"), BY, "slt", NOW)


def test_how_much_may_still_be_used() -> None:
    vault = vault_of(1, 2, 3, 4, 5)
    members = collect(vault, PackQuery()).members
    facts = {track.track_id: (track, rights) for track, rights in vault}
    assert members_now(members, facts, "product")["summary"] == "all 5 tracks may be used"
    one, two, three, four, _ = (track for track, _ in vault)
    facts[one.track_id] = (one.with_changes(status=Status.REMOVED), revoke(facts[one.track_id][1], "", NOW))
    facts[two.track_id] = (two.with_changes(stored_sha256="0" * 64), facts[two.track_id][1])
    facts[three.track_id] = (three, its_rights(three, consent_version=2))
    facts[four.track_id] = (four, its_rights(four, parties=missing_party()))
    del facts[numbered("trk", 5)]
    found = members_now(members, facts, "product")
    assert found["left_out"] == {"revoked": 1, "audio_changed": 1, "party_missing": 1, "gone": 1}
    assert (found["usable"], found["rights_changed"]) == (1, 1)
    assert found["summary"] == "stale by 4 of 5 tracks"


def test_sizes() -> None:
    with pytest.raises(Conflict):
        check_size(collect([], PackQuery()))
