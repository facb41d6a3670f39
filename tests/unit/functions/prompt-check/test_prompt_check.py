"""prompt-check: what a prompt points at decides, and no word of it is kept."""

import json

import pytest
from simulator import Simulator
from vault_domain.events import AuditEvent, Kind
from vault_domain.names import KnownName, KnownTitle, to_snapshot
from vault_domain.policy import Policy, PolicyVersion, PromptRules
from vault_domain.ports import Put
from vault_edge.name_lists import KEY
from vault_edge.prompt_tokens import TYPE
from vault_edge.prompting import FRESH_S
from vault_edge.tokens import unb64
from wire import SERVICE, body_of, event, token

NAMES = (
    KnownName("Grindelhoven", ("Гриндельховен",)),
    KnownName("Queen"),
    KnownName("Nova Arc", source="vault", participating=True),
)
AMBIENT = "Slow ambient with warm strings"


@pytest.fixture
def ready(sim: Simulator, load_step):
    listed(sim, *NAMES)
    return load_step("prompt-check")


def listed(sim, *names, number=1):
    sim.buckets.open("snapshots").write(KEY, to_snapshot(number, names), content_type="application/json")


def post(module, sim, prompt, *scopes, role="system", subject=None):
    bearer = token(sim, role, *(scopes or ("safety",)), subject=subject)
    return module.handler(event("POST", "/prompts/checks", body={"prompt": prompt}, bearer=bearer), None)


def told(sim):
    return [one for one in sim.store.everything(AuditEvent) if one.event is Kind.PROMPT_CHECK]


def test_a_mood_is_allowed_and_on_record(sim: Simulator, ready) -> None:
    answer = body_of(post(ready, sim, AMBIENT))
    assert (answer["outcome"], answer["reasons"], answer["prompt_token"]) == ("allow", [], None)
    (seen,) = told(sim)
    assert (seen.event_id, seen.data["outcome"]) == (answer["check"], "allow")
    assert seen.versions == answer["versions"]
    assert set(seen.versions) == {"policy", "names", "classifier"}


def test_an_artist_who_takes_no_part_means_stricter_limits_and_a_token(sim: Simulator, ready) -> None:
    answer = body_of(post(ready, sim, "something in the style of Grindelhoven"))
    assert (answer["outcome"], answer["reasons"][0]["code"]) == ("stricter", "named_artist")
    header, claims = (json.loads(unb64(part)) for part in answer["prompt_token"].split(".")[:2])
    assert (header["typ"], claims["aud"], claims["sub"]) == (TYPE, "safety", SERVICE)
    assert claims["prompt"] == answer["prompt_sha256"]
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.parametrize(
    "prompt",
    [
        "in the style of Gr1nd3lh0v3n", "like G r i n d e l h o v e n", "like Grindelhofen", "в стиле Гриндельховен",
        "like Gri\u200bndel\u200bhoven",
    ],
)  # fmt: skip
def test_a_disguise_does_not_help(sim: Simulator, ready, prompt) -> None:
    answer = body_of(post(ready, sim, prompt))
    assert answer["outcome"] == "stricter"
    assert "named_artist" in [reason["code"] for reason in answer["reasons"]]


def test_an_artist_of_this_vault_is_a_warning(sim: Simulator, ready) -> None:
    answer = body_of(post(ready, sim, "something in the style of Nova Arc"))
    assert (answer["outcome"], answer["reasons"][0]["code"]) == ("warn", "named_participant")
    assert answer["prompt_token"] is None


def test_a_queen_is_not_the_band(sim: Simulator, ready) -> None:
    assert "named_artist" not in told_codes(post(ready, sim, "a queen dances in the snow"))
    assert "named_artist" in told_codes(post(ready, sim, "stacked harmonies in the style of Queen"))


def told_codes(result):
    return [reason["code"] for reason in body_of(result)["reasons"]]


def test_the_policy_decides_what_follows(sim: Simulator, ready) -> None:
    strict = Policy(prompts=PromptRules(artist="reject"))
    head = PolicyVersion(number=2, policy=strict, author="acc", reason="test", at=sim.clock(), is_head=True)
    sim.store.commit([Put(head, 0)])
    answer = body_of(post(ready, sim, "in the style of Grindelhoven"))
    assert (answer["outcome"], answer["prompt_token"], answer["versions"]["policy"]) == ("reject", None, "2")


def test_no_word_of_a_prompt_is_kept_or_logged(sim: Simulator, ready, capsys) -> None:
    secret = "in the style of Grindelhoven about my neighbour Xanthippe"
    post(ready, sim, secret)
    post(ready, sim, "x" * 5000 + " Xanthippe")
    kept = str(sim.dump()) + capsys.readouterr().out
    assert "xanthippe" not in kept.lower()
    assert "in the style of" not in kept.lower()
    assert len(told(sim)) == 1


def test_the_hash_is_salted_and_the_same_for_the_same_prompt(sim: Simulator, ready) -> None:
    first = body_of(post(ready, sim, AMBIENT))
    post(ready, sim, AMBIENT)
    one, two = told(sim)
    assert one.data["prompt"] == two.data["prompt"] != first["prompt_sha256"]


def test_without_names_nothing_is_silently_allowed(sim: Simulator, load_step) -> None:
    module = load_step("prompt-check")
    answer = body_of(post(module, sim, AMBIENT))
    assert (answer["outcome"], answer["versions"]["names"]) == ("stricter", "unread")
    assert answer["reasons"][0]["code"] == "names_not_checked"
    assert answer["prompt_token"]


def test_a_damaged_list_is_as_good_as_none_until_it_is_mended(sim: Simulator, load_step) -> None:
    sim.buckets.open("snapshots").write(KEY, b'{"format":"else"}', content_type="application/json")
    module = load_step("prompt-check")
    assert told_codes(post(module, sim, AMBIENT)) == ["names_not_checked"]
    listed(sim, *NAMES)
    sim.clock.advance(seconds=1)
    assert told_codes(post(module, sim, AMBIENT)) == []


def test_a_new_list_counts_within_seconds(sim: Simulator, ready) -> None:
    prompt = "in the style of Velmarion Quist"
    assert "named_artist" not in told_codes(post(ready, sim, prompt))
    listed(sim, *NAMES, KnownName("Velmarion Quist"), number=2)
    sim.clock.advance(seconds=6)
    assert "named_artist" in told_codes(post(ready, sim, prompt))


@pytest.mark.parametrize(("role", "scope", "status"), [("contributor", "safety", 403), ("system", "training", 403)])
def test_only_services_with_the_scope_ask(sim: Simulator, ready, role, scope, status) -> None:
    assert post(ready, sim, AMBIENT, scope, role=role)["statusCode"] == status


@pytest.mark.parametrize("prompt", ["", "x" * 2001, None, 7])
def test_prompts_have_bounds(sim: Simulator, ready, prompt) -> None:
    assert post(ready, sim, prompt)["statusCode"] == 422


def test_a_song_of_the_vault_that_is_asked_for_by_its_title_means_stricter_limits(sim: Simulator, ready) -> None:
    titles = [KnownTitle("Silver Harbour", ("Nova Arc",)), KnownTitle("Hello", ("Nova Arc",))]
    data = to_snapshot(2, [KnownName("Nova Arc", source="vault", participating=True)], titles)
    sim.buckets.open("snapshots").write(KEY, data, content_type="application/json")
    sim.clock.advance(seconds=FRESH_S + 1)
    answer = body_of(post(ready, sim, "the song silver harbour, soft piano"))
    assert answer["outcome"] == "stricter"
    assert ["Silver Harbour"] in [reason["refs"] for reason in answer["reasons"]]
    assert body_of(post(ready, sim, "hello there, a cheerful tune with soft piano"))["reasons"] == []
