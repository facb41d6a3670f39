"""Messages: told twice is told once, one line in a header, and every topic has words."""

import string
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import NOW, a_track, an_id
from vault_domain.letters import WORDS, letter, words
from vault_domain.messages import (
    IMPORTANT,
    MAX_TRIES,
    NEEDED,
    Message,
    Topic,
    concluded,
    given_up,
    message,
    taken,
    wanted,
)  # fmt: skip
from vault_domain.news import TOLD, news
from vault_domain.reasons import Reason
from vault_domain.tracks import Status, Trigger

WHO = an_id("acc")


def test_the_same_news_has_the_same_id_and_other_news_another():
    one = message(WHO, Topic.ACCEPTED, an_id("trk"), NOW, 1)
    assert one.message_id == message(WHO, Topic.ACCEPTED, an_id("trk"), NOW, 1, title="x").message_id
    others = [
        message(an_id("acc", 1), Topic.ACCEPTED, an_id("trk"), NOW, 1),
        message(WHO, Topic.REJECTED, an_id("trk"), NOW, 1),
        message(WHO, Topic.ACCEPTED, an_id("trk", 1), NOW, 1),
        message(WHO, Topic.ACCEPTED, an_id("trk"), NOW + timedelta(seconds=1), 1),
        message(WHO, Topic.ACCEPTED, an_id("trk"), NOW, 2),
    ]
    assert len({one.message_id, *(other.message_id for other in others)}) == 6


@pytest.mark.parametrize("topic", list(Topic))
def test_every_topic_has_words_and_uses_facts_that_are_given(topic):
    subject, text = WORDS[topic]
    used = {name for _, name, _, _ in string.Formatter().parse(subject + text) if name}
    assert used <= {"title", "why", "question", "until", "about", "outcome", "state", "count", "work", "rest", "user"}
    assert all(words(message(WHO, topic, an_id("trk"), NOW)))


@given(st.text(max_size=700), st.text(max_size=700))
def test_whatever_people_write_stays_text_and_one_line_in_the_header(title, why):
    one = message(WHO, Topic.REJECTED, an_id("trk"), NOW, title=title, why=why)
    subject, text = words(one)
    assert len(subject.splitlines()) <= 1
    assert len(subject) <= 150
    assert letter(one, "a@b.example", "https://x.example").text.startswith(text)
    assert Message.model_validate_json(one.model_dump_json()) == one


def test_facts_in_braces_are_not_read_as_facts():
    one = message(WHO, Topic.REJECTED, an_id("trk"), NOW, title="{why}", why="secret {about}")
    assert words(one)[0].startswith("“{why}”")


def test_the_link_of_a_claim_carries_the_token_and_others_none():
    claim = message(an_id("clm"), Topic.CLAIM_CONFIRM, an_id("clm"), NOW, secret="s")
    assert letter(claim, "a@b.example", "https://x.example", "tok").text.endswith(
        f"https://x.example/#/claim?id={an_id('clm')}&token=tok"
    )
    assert "tok" not in letter(message(WHO, Topic.ACCEPTED, "t", NOW), "a@b.example", "https://x.example", "tok").text


def test_a_wish_holds_but_for_what_a_claim_needs():
    for topic in Topic:
        assert wanted(topic, "all")
        assert wanted(topic, "important") is (topic in IMPORTANT or topic in NEEDED)
        assert wanted(topic, "none") is (topic in NEEDED)


def test_attempts_end():
    one, now = message(WHO, Topic.ACCEPTED, "t", NOW), NOW
    while not given_up(one):
        one = taken(one, now)
        assert one.mail_due > now
        now = one.mail_due
    assert one.tries == MAX_TRIES
    assert "by_mail" not in concluded(one, "failed").indexes()


@pytest.mark.parametrize("trigger", list(Trigger))
def test_owners_learn_what_others_did_and_not_what_they_did_themselves(trigger):
    track = a_track(status=Status.REJECTED, verdict="review", reasons=(Reason(code="cover", detail="A cover."),))
    told = news(track, trigger, NOW)
    own = {Trigger.WITHDRAWN, Trigger.REVOKED, Trigger.APPEALED, Trigger.CHECKS_STARTED, Trigger.CHECKED_AGAIN}
    assert (told is None) is (trigger in own)
    if told is not None:
        assert (told.recipient, told.topic) == (track.owner, TOLD[trigger])
        assert told.facts["why"] == "A cover."


@pytest.mark.parametrize("verdict", ["accept", "reject"])
def test_the_end_of_the_checks_is_told_only_when_a_person_is_waited_for(verdict):
    assert news(a_track(verdict=verdict), Trigger.CHECKS_FINISHED, NOW) is None
