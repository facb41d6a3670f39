"""Every kind of event has its facts listed, and the list lets no words through."""

from datetime import UTC, datetime

import pytest
from event_law import FIELDS, breaches
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.ids import make_id

AT = datetime(2026, 3, 1, tzinfo=UTC)


def an_event(kind: Kind, subject: str = "trk_1", versions: dict[str, str] | None = None, **data: object) -> AuditEvent:
    return make_event(make_id("evt", bytes(16)), kind, subject, Actor(id="fn:x", role="system"), AT, versions, **data)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.value in FIELDS])
def test_no_kind_takes_a_fact_that_it_does_not_have(kind: Kind):
    assert breaches(an_event(kind)) == []
    for name in {"email", "display_name", "note", "reason", "artist"} - FIELDS[kind.value]:
        assert breaches(an_event(kind, **{name: "coded"}))


@pytest.mark.parametrize(
    "words", ["Nova Arc", "nova@example.org", "I wrote it", "Straße 5", ["fine", "not fine"], {"said": "it is mine"}]
)
def test_words_and_addresses_are_found_wherever_they_stand(words: object):
    assert breaches(an_event(Kind.TRACK_FLAGGED, about=words))
    assert breaches(an_event(Kind.REVIEW_VOTED, vote=[{"deep": [words]}]))


def test_words_in_a_subject_or_version_are_found():
    assert breaches(an_event(Kind.TRACK_FLAGGED, "nova@example.org"))
    assert breaches(an_event(Kind.TRACK_FLAGGED, versions={"policy": "the new one"}))
    assert breaches(an_event(Kind.TRACK_FLAGGED, versions={"policy": "2"}, about="other")) == []


def test_the_list_names_no_kind_that_there_is_not():
    assert set(FIELDS) <= {kind.value for kind in Kind}
