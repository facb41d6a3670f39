"""The licence solver: what is not known is never permission, and nothing is widened by company."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packing import LEDGER, a_dataset, passed, rights_of
from pydantic import ValidationError
from records import NOW, later
from vault_domain import datasets
from vault_domain.combining import Named, clean_claim, judge
from vault_domain.licences import (
    ABSENT,
    FACETS,
    LICENCES,
    TRAINING,
    USES,
    Answer,
    Constraint,
    Rights,
    means,
    needs_attribution,
    of_rights,
    solve,
    strictest,
)
from vault_domain.rights import LICENCE
from vault_domain.training import CORE_PACK

ANSWERS = st.sampled_from(list(Answer))
USE = st.sampled_from(USES)
LICENCE_IDS = st.sampled_from([*LICENCES, ABSENT]) | st.from_regex(r"[A-Za-z][A-Za-z0-9.-]{0,12}", fullmatch=True)
RIGHTS = st.builds(Rights, **dict.fromkeys(FACETS, LICENCE_IDS))


@st.composite
def constraints(draw):
    return Constraint(
        source=draw(st.sampled_from("abc")), use=draw(USE), answer=draw(ANSWERS), rule="r", sentence="Because."
    )


@st.composite
def registered(draw, name="d"):
    """A registration as an admin may send it: any that is coherent, complete or not."""
    rights = draw(RIGHTS.filter(lambda found: LICENCE not in found.model_dump().values()))
    rights = rights.model_copy(update={"personal_data": draw(st.sampled_from([ABSENT, "personal-data", "unknown"]))})
    tier = draw(st.sampled_from(list(datasets.USES_OF_TIER)))
    reach = datasets.USES_OF_TIER[tier]
    listed = draw(st.sets(USE))
    uses = [u for u in listed if u in reach and all(means(x, u) is not Answer.REFUSED for _, x in rights.present())]
    return a_dataset(
        name, tier=tier, rights=rights.model_dump(), allowed_uses=uses,
        licence_texts=draw(st.sampled_from([[], [{"address": "a", "sha256": "1" * 64, "read": NOW.isoformat()}]])),
        ledger=draw(st.sampled_from([None, LEDGER])),
        gates_passed=passed(*draw(st.sets(st.sampled_from(list(datasets.GATE_MEANS)), min_size=1))),
    )  # fmt: skip


@st.composite
def packs(draw, number=0):
    use = draw(USE)
    if draw(st.booleans()):
        return Named(CORE_PACK, use)
    return Named(f"d{number}", use, dataset=draw(st.none() | registered(f"d{number}")))


@given(st.lists(constraints(), min_size=1), constraints())
def test_a_further_constraint_never_widens(found, more) -> None:
    assert solve([*found, more]).answer.rank <= solve(found).answer.rank


@given(st.lists(packs(), min_size=1, max_size=4), packs(9))
def test_a_further_source_never_widens(combination, more) -> None:
    assert judge([*combination, more], NOW).answer.rank <= judge(combination, NOW).answer.rank
    if any(one.is_vault and one.use in TRAINING for one in combination):  # what the claim needs is there already
        assert clean_claim([*combination, more], NOW).answer.rank <= clean_claim(combination, NOW).answer.rank


@given(st.lists(packs(), max_size=4))
def test_the_claim_is_never_granted_where_the_combination_is_not(combination) -> None:
    assert judge(combination, NOW).granted or not clean_claim(combination, NOW).granted


@given(st.lists(packs(), max_size=4))
def test_the_order_of_sources_does_not_matter(combination) -> None:
    assert judge(combination, NOW) == judge(combination[::-1], NOW)


@given(st.lists(constraints()))
def test_granted_means_that_every_constraint_allows(found) -> None:
    verdict = solve(found)
    assert verdict.granted == (bool(found) and all(one.answer is Answer.ALLOWED for one in found))
    assert set(verdict.constraints) == set(found)
    assert all(one.answer is not Answer.ALLOWED for one in verdict.against())


@given(RIGHTS, USE, st.sampled_from(FACETS), st.sampled_from(["unknown", "WTFPL-and-more"]))
def test_unknown_never_allows(rights, use, facet, licence) -> None:
    unclear = rights.model_copy(update={facet: licence})
    assert not solve(of_rights("x", unclear, use)).granted


@given(registered(), USE, st.sampled_from(["licence_texts", "ledger", "gates", "tier", "review", "use"]))
def test_what_is_lacking_is_refused(dataset, use, lacking) -> None:
    """Take one thing away from any registration: what it allowed before it allows no more."""
    now, entry = NOW, dataset.entry
    if lacking == "licence_texts":
        entry = entry.model_copy(update={"licence_texts": ()})
    elif lacking == "ledger" and needs_attribution(entry.rights):
        entry = entry.model_copy(update={"ledger": None})
    elif lacking == "gates" and datasets.gates_of(entry):
        entry = entry.model_copy(update={"gates_passed": ()})
    elif lacking == "tier":
        entry = entry.model_copy(update={"tier": "blocked"})
    elif lacking == "use":
        entry = entry.model_copy(update={"allowed_uses": ()})
    elif lacking == "review":
        now = dataset.review_ends
    else:
        return
    assert not datasets.verdict("d", dataset.model_copy(update={"entry": entry}), use, now).granted


@given(st.none() | registered(), USE)
def test_every_ground_is_one_sentence_that_names_its_source(dataset, use) -> None:
    for one in datasets.constraints("d", dataset, use, NOW):
        assert one.sentence.startswith(("d ", "The "))
        assert one.sentence.endswith(".")
        assert " d" in f" {one.sentence}"


def test_of_no_sources_at_all_nothing_is_known() -> None:
    assert (strictest([]), judge([], NOW).granted, solve([]).answer) == (Answer.UNKNOWN, False, Answer.UNKNOWN)
    assert not datasets.verdict("d", None, "eval_only", NOW).granted
    assert not solve(of_rights("x", Rights(**dict.fromkeys(FACETS, ABSENT)), "eval_only")).granted


def test_every_licence_has_an_answer_for_every_use() -> None:
    assert all(set(row) == set(USES) for row in LICENCES.values())


@pytest.mark.parametrize(
    ("licence", "use", "expected"),
    [
        ("CC0-1.0", "train_generative", "allowed"),
        ("CC-BY-NC-4.0", "train_features", "refused"),
        ("CC-BY-NC-SA-4.0", "eval_only", "allowed"),
        ("CC-BY-SA-4.0", "reference_index", "unknown"),
        ("sampling-plus", "train_generative", "refused"),
        (LICENCE, "redistribute", "refused"),
        (LICENCE, "train_generative", "allowed"),
        ("made-up", "eval_only", "unknown"),
    ],
)
def test_what_licences_mean(licence, use, expected) -> None:
    assert means(licence, use).value == expected


def test_a_complete_registration_allows_and_its_review_runs_out() -> None:
    good = a_dataset()
    assert datasets.uses_now("open-music", good, NOW) == dict.fromkeys(USES, "allowed")
    late = later(days=183)
    assert set(datasets.uses_now("open-music", good, late).values()) == {"unknown"}
    (why,) = (one for one in datasets.constraints("open-music", good, "eval_only", late) if one.rule == "review")
    assert why.sentence == "The review of open-music ran out on 2026-08-30."


def test_rights_bring_their_gates_with_them() -> None:
    per_item = a_dataset(rights=rights_of("per-item-open"), ledger=LEDGER, allowed_uses=["reference_index"])
    wanted = ("fingerprint_screen", "item_filter", "item_manifest", "uploader_preferences")
    assert datasets.gates_of(per_item.entry) == wanted
    assert not datasets.verdict("d", per_item, "reference_index", NOW).granted
    listeners = a_dataset(rights=rights_of(personal_data="personal-data"), allowed_uses=["train_features"])
    assert datasets.gates_of(listeners.entry) == ("privacy_assessment",)
    bought = a_dataset(rights=rights_of("contract"), allowed_uses=["reference_index"], gates_passed=passed("contract"))
    assert datasets.verdict("d", bought, "reference_index", NOW).granted


@pytest.mark.parametrize(
    "changes",
    [
        {"tier": "research_only", "allowed_uses": ["reference_index"]},
        {"tier": "blocked", "allowed_uses": ["eval_only"]},
        {"rights": rights_of("CC-BY-NC-4.0"), "allowed_uses": ["train_features"]},
        {"rights": rights_of(recording="CC-BY-NC-4.0"), "allowed_uses": ["reference_index"]},
        {"rights": rights_of(LICENCE), "allowed_uses": ["eval_only"]},
        {"rights": rights_of(personal_data="CC0-1.0"), "allowed_uses": ["eval_only"]},
        {"allowed_uses": ["eval_only", "eval_only"]},
        {"gates_passed": passed("contract") * 2},
        {"reason": "short"},
    ],
)
def test_incoherent_registrations_are_refused(changes) -> None:
    with pytest.raises(ValidationError):
        a_dataset(**changes)


def claim(*combination: Named) -> tuple[bool, str]:
    found = clean_claim(combination, NOW)
    return found.granted, " ".join(one.sentence for one in found.against())


def test_who_may_say_that_clean_data_powers_it() -> None:
    core = Named(CORE_PACK, "train_generative")
    study = a_dataset("study", tier="research_only", rights=rights_of("academic-only"), allowed_uses=["eval_only"],
                      gates_passed=passed("isolation"))  # fmt: skip
    assert claim(core) == (True, "")
    assert claim(core, Named("open-music", "train_generative", dataset=a_dataset())) == (True, "")
    assert claim(Named("open-music", "train_generative", dataset=a_dataset())) == (
        False, "No pack of the vault was trained on.",
    )  # fmt: skip
    beside = Named("study", "eval_only", dataset=study)
    assert judge([core, beside], NOW).granted
    granted, why = claim(core, beside)
    assert not granted
    assert why == "study is research only; the claim needs every pack approved for production."
    assert not claim(core, Named("else", "metadata_join"))[0]
