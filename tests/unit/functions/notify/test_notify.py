"""notify: a box per person, shared boxes per role, and mail that is sent once, to whoever wants it."""

from datetime import timedelta

import pytest
from claiming import EMAIL, Postbox, claimed, filed
from ingesting import OWNER, STRANGER, admitted, decided, main_of, run
from killing import ends_the_same
from reviewing import ADMIN, ANNA, flagged, reply, vote
from simulator import Killed, Simulator
from vault_domain.accounts import register
from vault_domain.errors import BadRequest, Forbidden, NotFound, Unavailable
from vault_domain.messages import MAX_TRIES, Message, Topic
from vault_domain.ports import Put
from vault_edge.caller import Caller
from wire import event, token

ADDRESS = "nova@example.org"


def owner_has_an_address(sim: Simulator) -> None:
    account = register(OWNER.id, sim.clock(), display_name="Nova", affirmed=True, email=ADDRESS)
    sim.store.commit([Put(account, 0)])


def box(sim: Simulator, caller: Caller = OWNER, **ask):
    notify = main_of("notify")
    return notify.box(notify.BoxAsk(**ask), caller, sim.container()).messages


def wish(sim: Simulator, mail: str, caller: Caller = OWNER) -> None:
    notify = main_of("notify")
    notify.prefer(notify.PreferencesAsk(mail=mail), caller, sim.container())


def send(sim: Simulator, post: Postbox, **given):
    return run("notify", sim.container(mailer=post, **given))


def test_each_change_of_status_is_told_to_the_owner_and_nobody_else(sim: Simulator):
    _, track_id = admitted(sim)
    (told,) = box(sim)
    assert (told.topic, told.about, told.read) == (Topic.ACCEPTED, track_id, None)
    assert "Glass City" in told.subject
    assert box(sim, STRANGER) == ()


def test_what_owners_do_themselves_is_no_news(sim: Simulator):
    _, track_id = decided(sim)
    before = len(box(sim))
    main_of("revoke").take_back(track_id, main_of("revoke").RevokeAsk(), OWNER, sim.container())
    assert len(box(sim)) == before


def test_a_question_reaches_the_owner_with_its_deadline_and_the_answer_the_reviewers(sim: Simulator):
    _, track_id = flagged(sim)
    vote(sim, track_id, ANNA, "needs_more_info", "When did you record it?")
    asked = next(one for one in box(sim) if one.topic is Topic.QUESTION)
    assert "When did you record it?" in asked.text
    assert "15 March 2026" in asked.text
    assert ANNA.id not in asked.model_dump_json()
    reply(sim, track_id)
    assert [one.topic for one in box(sim, ANNA, box="reviewers")] == [Topic.ANSWERED]


def test_shared_boxes_are_for_their_roles(sim: Simulator):
    claimed(sim, None)
    for caller, name in ((OWNER, "reviewers"), (OWNER, "admins"), (ANNA, "admins")):
        with pytest.raises(Forbidden):
            box(sim, caller, box=name)
    (waits,) = box(sim, ADMIN, box="reviewers")
    notify = main_of("notify")
    notify.mark(waits.message_id, ANNA, sim.container(), notify.BoxName(box="reviewers"))
    assert box(sim, ADMIN, box="reviewers", unread=True) == ()


def test_reading_marks_once_and_only_ones_own(sim: Simulator):
    admitted(sim)
    (told,) = box(sim)
    notify = main_of("notify")
    with pytest.raises(NotFound):
        notify.mark(told.message_id, STRANGER, sim.container())
    read = notify.mark(told.message_id, OWNER, sim.container()).read
    sim.clock.now += timedelta(hours=1)
    assert notify.mark(told.message_id, OWNER, sim.container()).read == read
    assert box(sim, unread=True) == ()
    assert notify.mark_all(OWNER, sim.container()).marked == 0


@pytest.mark.parametrize(
    ("mail", "topics"),
    [("all", {"track_in_review", "question_asked"}), ("important", {"question_asked"}), ("none", set())],
)
def test_mail_follows_the_wish(sim: Simulator, mail, topics):
    owner_has_an_address(sim)
    wish(sim, mail)
    _, track_id = flagged(sim)
    vote(sim, track_id, ANNA, "needs_more_info", "When did you record it?")
    post = Postbox()
    send(sim, post)
    by_id = {one.message_id: one.topic.value for one in sim.store.everything(Message)}
    assert {by_id[letter.message_id] for letter in post.letters} == topics
    assert {letter.to for letter in post.letters} <= {ADDRESS}
    sim.clock.now += timedelta(hours=1)
    assert send(sim, Postbox()) == {}


def test_the_author_of_a_claim_is_written_to_whatever_anybody_wishes(sim: Simulator):
    filed(sim, None)
    post = Postbox()
    send(sim, post)
    assert [letter.to for letter in post.letters] == [EMAIL]
    assert "https://lemm.test/#/claim?id=clm_" in post.letters[0].text


def test_shared_boxes_go_to_the_address_of_the_team(sim: Simulator):
    sim.environ["MAIL_TEAM"] = "team@lemm.test"
    claimed(sim, None)
    post = Postbox()
    send(sim, post)
    assert {letter.to for letter in post.letters} == {EMAIL, "team@lemm.test"}


def test_a_letter_is_tried_again_with_growing_pauses_and_given_up_in_the_end(sim: Simulator):
    filed(sim, None)
    post = Postbox()
    post.fails = Unavailable("the server sleeps")
    for attempt in range(MAX_TRIES):
        assert send(sim, post) == {"put_off": 1}
        assert send(sim, post) == {}
        sim.clock.now += timedelta(minutes=5) * 2**attempt
    assert send(sim, post) == {"failed": 1}
    (one,) = sim.store.everything(Message)
    assert (one.mail, one.secret) == ("failed", None)


def test_a_refused_address_is_given_up_at_once(sim: Simulator):
    filed(sim, None)
    post = Postbox()
    post.fails = BadRequest("no such mailbox")
    assert send(sim, post) == {"failed": 1}


def test_killed_after_sending_it_is_sent_again_under_the_same_name(sim: Simulator):
    filed(sim, None)
    post = Postbox()
    sim.kill_at(2)
    with pytest.raises(Killed):
        send(sim, post)
    sim.revive()
    assert send(sim, post) == {}
    sim.clock.now += timedelta(minutes=5)
    assert send(sim, post) == {"sent": 1}
    assert len(post.letters) == 2
    assert post.letters[0] == post.letters[1]


def test_two_runs_at_once_send_once(sim: Simulator):
    filed(sim, None)
    post = Postbox()

    class Racing:
        """Another run takes the message just before this one does."""

        def __init__(self) -> None:
            self.raced = False

        def commit(self, changes, events=()):
            if not self.raced:
                self.raced = True
                send(sim, post)
            return sim.store.commit(changes, events)

        def __getattr__(self, name):
            return getattr(sim.store, name)

    send(sim, post, records=Racing())
    assert len(post.letters) == 1


def test_without_mail_messages_stay_in_the_box(sim: Simulator):
    admitted(sim)
    del sim.environ["MAIL_CONFIGURED"]
    assert run("notify", sim.container()) == {"unwanted": 1}
    assert len(box(sim)) == 1


def test_reading_everything_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        admitted(sim)
        flagged(sim, seed=3)
        return sim, lambda deps: main_of("notify").mark_all(OWNER, deps)

    assert ends_the_same(make) >= 2


def test_over_http(sim: Simulator, load_step):
    admitted(sim)
    app = load_step("notify").app

    def status(method, path, bearer=None, body=None, query=""):
        return app.answer(event(method, path, body=body, bearer=bearer, query=query))["statusCode"]

    owner = token(sim, subject=OWNER.id)
    (told,) = box(sim)
    assert status("GET", "/messages") == 401
    assert status("GET", "/messages", token(sim, "system", "training")) == 403
    assert status("GET", "/messages", owner) == 200
    assert status("GET", "/messages", owner, query="box=admins") == 403
    assert status("POST", f"/messages/{told.message_id}/read", token(sim, subject=STRANGER.id)) == 404
    assert status("POST", f"/messages/{told.message_id}/read", owner) == 200
    assert status("POST", "/messages/read", owner, {"box": "own"}) == 200
    assert status("GET", "/messages/preferences", owner) == 200
    assert status("POST", "/messages/preferences", owner, {"mail": "sometimes"}) == 422
    assert status("POST", "/messages/preferences", owner, {"mail": "all"}) == 200
