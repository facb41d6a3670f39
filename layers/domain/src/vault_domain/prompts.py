"""May a generator act on this prompt? Rules for what was found in it, and the claims of a stricter-check token.

What is found comes from names, phrases and a classifier (``vault_prompts``); this module decides by the policy:

1. a copy or cover of a name or a title in quotation marks, where phrase and classifier agree: ``clone`` (rejected
   by default);
2. a song that is named, by the classifier or by a quoted title that a phrase announces: ``song`` (by default accepted
   under stricter thresholds for the output);
   What the prompt says to be the user's own work, where no artist is named, is judged as a song and never rejected:
   nobody can check whose it is, so the word spares the refusal and not the stricter check;
3. an artist who does not take part here: ``artist`` (stricter), who does: ``participant`` (a warning);
4. what only the classifier suspects, or a name or title that was said to be avoided ("less like X"): ``suspected``
   (a warning);
5. genre, era and mood: allowed.

The strongest of all that apply decides; all are named. While the list of names can't be read, every prompt is judged as
if it named an artist, and never without a warning. Prompts are personal data: nothing here keeps one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, JsonValue

from vault_domain.canonical import Json
from vault_domain.policy import Policy, PromptAction
from vault_domain.reasons import Reason
from vault_domain.records import Value

MAX_PROMPT = 2000
MAX_TITLES = 10
TOKEN_AUDIENCE = "safety"  # noqa: S105 - a name, no secret
Outcome = PromptAction
Intent = Literal["song", "artist", "clone"]
_ORDER: tuple[Outcome, ...] = ("allow", "warn", "stricter", "reject")

MESSAGES: dict[Outcome, str] = {
    "allow": "Nothing in this prompt points at a particular work or artist.",
    "warn": "This prompt may point at a particular artist. Describe the sound instead: genre, era, instruments, mood.",
    "stricter": "This prompt may point at a particular work or artist. What it makes is checked with stricter limits.",
    "reject": "We can't generate copies or covers of particular works. Describe the sound you want instead.",
}


class PromptAsk(Value):
    """The body of POST /prompts/checks."""

    prompt: str = Field(min_length=1, max_length=MAX_PROMPT, repr=False)


@dataclass(frozen=True)
class NamedArtist:
    """An artist that a prompt means."""

    name: str
    source: str
    participating: bool
    exact: bool
    negated: bool = False


@dataclass(frozen=True)
class Signs:
    """Everything that was found in one prompt. Probabilities are the classifier's, limits those it was measured at."""

    artists: tuple[NamedArtist, ...]
    song: float
    artist: float
    clone: float
    limits: dict[str, float]
    copy_phrase: bool
    cover_phrase: bool
    quoted: tuple[str, ...]
    announced: bool = False
    """A quoted title is what the music is to be like."""
    avoided: bool = False
    """A quoted title is what the music is not to be like."""
    own: bool = False
    """The prompt says that the work in question is the user's own."""
    names_read: bool = True
    titles: tuple[str, ...] = ()
    """Titles of the vault's tracks that are asked for."""

    def suspects(self, intent: Intent) -> bool:
        """Whether the classifier says so."""
        return bool(getattr(self, intent) >= self.limits[intent])


@dataclass(frozen=True)
class PromptVerdict:
    """What should happen to a prompt, and why."""

    outcome: Outcome
    reasons: tuple[Reason, ...]


def decide_prompt(signs: Signs, policy: Policy) -> PromptVerdict:
    """Decide by the policy in force."""
    rules, found = policy.prompts, _works(signs, policy)
    found += [_artist(one, policy) for one in signs.artists]
    if signs.avoided:
        found.append((rules.suspected, _reason("work_avoided", "It names a title, as something to avoid.")))
    if signs.suspects("artist") and not signs.artists:
        found.append((rules.suspected, _reason("artist_suspected", "It seems to name an artist.")))
    if not signs.names_read:
        sternest = max(("warn", rules.participant, rules.artist), key=_ORDER.index)
        found.append((sternest, _reason("names_not_checked", "The list of names could not be read.")))
    if not found:
        return PromptVerdict("allow", ())
    return PromptVerdict(max((action for action, _ in found), key=_ORDER.index), tuple(reason for _, reason in found))


def _works(signs: Signs, policy: Policy) -> list[tuple[Outcome, Reason]]:
    """Copies, covers and songs. What is said to be the user's own is not refused as somebody else's work."""
    rules, found = policy.prompts, list[tuple[Outcome, Reason]]()
    wanted = any(not one.negated for one in signs.artists)
    phrase, clone = signs.copy_phrase or signs.cover_phrase, signs.suspects("clone")
    song = signs.suspects("song") or signs.announced or bool(signs.titles)
    titled = signs.quoted + signs.titles
    if signs.own and (clone or song or (phrase and titled)) and not wanted:
        sternest = max((rules.suspected, rules.song), key=_ORDER.index)
        claimed: Outcome = "stricter" if sternest == "reject" else sternest
        return [(claimed, _reason("own_work", "It asks for a version of what it says is the user's own."))]
    if clone and phrase and (wanted or titled) and not signs.own:
        found.append((rules.clone, _reason("clone_request", "It asks for a copy or cover of something named.")))
    elif (clone or phrase) and (wanted or titled):
        found.append((rules.song, _reason("copy_suspected", "It seems to ask for a version of something named.")))
    elif clone:
        found.append((rules.suspected, _reason("copy_suspected", "It seems to ask for a copy of something.")))
    if song:
        found.append((rules.song, _song(signs)))
    return found


def _song(signs: Signs) -> Reason:
    if not signs.titles:
        return _reason("named_song", "It seems to name a song.")
    return _reason("named_song", f"It names {signs.titles[0]}, a song of this vault.", *signs.titles[:MAX_TITLES])


def _artist(one: NamedArtist, policy: Policy) -> tuple[Outcome, Reason]:
    rules = policy.prompts
    spelt = "" if one.exact else ", spelt otherwise"
    if one.negated:
        return rules.suspected, _reason(
            "artist_avoided", f"It names {one.name}{spelt}, as something to avoid.", one.name
        )
    if one.participating:
        return rules.participant, _reason("named_participant", f"It names {one.name}{spelt}, of this vault.", one.name)
    return rules.artist, _reason("named_artist", f"It names {one.name}{spelt}.", one.name)


def _reason(code: str, detail: str, *refs: str) -> Reason:
    return Reason(code=code, detail=detail, refs=refs)


def codes(verdict: PromptVerdict) -> list[JsonValue]:
    """The reasons' codes, once each: what the log may say of a prompt."""
    return list(dict.fromkeys(reason.code for reason in verdict.reasons))


def stricter_claims(service: str, prompt_sha256: str, event_id: str, policy: Policy, now: datetime) -> dict[str, Json]:
    """The claims of the token that goes with the outcome ``stricter`` (docs/formats/prompt-token.md)."""
    ends = now + timedelta(seconds=policy.prompts.token_s)
    return {
        "aud": TOKEN_AUDIENCE, "sub": service, "prompt": prompt_sha256, "check": event_id,
        "iat": int(now.timestamp()), "exp": int(ends.timestamp()),
    }  # fmt: skip


def stricter_refusal(claims: dict[str, object], service: str, prompt_sha256: str | None) -> str | None:
    """Why a genuine token does not count for this check; None if it does."""
    if claims.get("sub") != service:
        return "This token was given to another service"
    if prompt_sha256 is None or claims.get("prompt") != prompt_sha256:
        return "This token belongs to another prompt; send prompt_sha256 of the one that was checked"
    return None


def event_facts(prompt_hash: str, verdict: PromptVerdict, artists: Iterable[NamedArtist]) -> dict[str, JsonValue]:
    """What the audit event says of a prompt's check: a salted hash, the outcome and codes; no word of the prompt."""
    return {"prompt": prompt_hash, "outcome": verdict.outcome, "reasons": codes(verdict), "names": len(tuple(artists))}
