"""The words of messages: one template per topic, filled with a message's facts.

Plain text, no names of other people. ``subject`` is one line; the text of a
mail ends with where to go on, and with a link where the reader has to prove
that the address is theirs.
"""

import re

from vault_domain.messages import NEEDED, Message, Topic
from vault_domain.records import Value

WORDS: dict[Topic, tuple[str, str]] = {
    Topic.IN_REVIEW: ("“{title}” waits for a reviewer", "The checks found something a person should look at: {why}"),
    Topic.ACCEPTED: ("“{title}” is in the vault", "Your track was accepted. You can take it back at any time."),
    Topic.REJECTED: ("“{title}” was not accepted", "{why} You can answer with an appeal until {until}."),
    Topic.UNUSABLE: ("The file of “{title}” could not be used", "{why} Send another file instead."),
    Topic.DISPUTE_OPENED: (
        "“{title}” was not accepted; please answer",
        "{why} A dispute was opened for you: tell us what we should know until {until}, and somebody decides anew.",
    ),
    Topic.APPEAL_ENDING: (
        "“{title}”: the time to answer ends soon",
        "Your track was not accepted, and you have not answered. You can until {until}; after that it stays so.",
    ),
    Topic.APPEAL_UPHELD: ("Your appeal for “{title}” was upheld", "The track goes on to be admitted."),
    Topic.APPEAL_DISMISSED: ("Your appeal for “{title}” was dismissed", "{why} This decision is final."),
    Topic.DISPUTE_LAPSED: ("The dispute about “{title}” has ended", "{why} The track stays out of the vault."),
    Topic.QUESTION: ("A question about “{title}”", "A reviewer asks: {question} Please answer by {until}."),
    Topic.ANSWERED: ("A question was answered", "The owner of {about} answered; the review goes on."),
    Topic.LOCKED: (
        "“{title}” is locked while a claim is looked into",
        "Somebody reported that your track infringes their rights. Until that is settled no training job reads it. "
        "You can read the claim and answer it.",
    ),
    Topic.UNLOCKED: ("“{title}” is free again", "The claim against your track was not upheld. {why}"),
    Topic.REMOVED: ("“{title}” was removed from the vault", "The claim against your track was upheld. {why}"),
    Topic.CLAIM_EXAMINED: (
        "The claim against “{title}” is being examined",
        "A reviewer found that the claim needs a closer look. Please answer it by {until}.",
    ),
    Topic.CLAIM_CONFIRM: (
        "Please confirm your claim",
        "A claim was filed with this address. It counts only once you confirm it, by {until}. If it was not you, do "
        "nothing: the claim is deleted then. The link below also shows you where the claim stands later; keep it to "
        "yourself.",
    ),
    Topic.CLAIM_TAKEN_UP: ("Your claim is being looked into", "A person looks at your claim by {until}."),
    Topic.CLAIM_ENDED: ("Your claim was decided", "Outcome: {outcome}. {why}"),
    Topic.CLAIM_WAITS: ("A claim waits to be screened", "Claim {about} waits; due by {until}."),
    Topic.CLAIM_OVERDUE: ("A claim is overdue", "Claim {about} should have been settled by {until} ({state})."),
    Topic.FLAGGED: ("A track was flagged", "A contributor asks that {about} be looked at: {why}"),
    Topic.BLOCKED: (
        "Many outputs were blocked",
        "{count} outputs of {about}, all of {why}, came too close to known music within a short time.",
    ),
    Topic.OUTPUT_FOUND_LATER: (
        "An output that was cleared now resembles a known work",
        "The status of {about} is now: {outcome}. {why} From now on this status counts, also for whoever looks up the "
        "certificate of an earlier export. User: {user}.",
    ),
    Topic.RELEASE_SUSPENDED: (
        "{about} is suspended",
        "Until that is lifted no check of it allows a release. {why} Licences that were given before stay as they are.",
    ),
    Topic.RELEASE_RESUMED: (
        "{about} is no longer suspended",
        "{why} An output has to be checked again before it may be released.",
    ),
    Topic.RELEASE_WITHDRAWN: (
        "{about} was withdrawn",
        "A complaint about it was upheld. {why} No check releases it again. The licence for this output ends with "
        "this day: please stop publishing and selling it, and tell whoever exported it. What was done before in good "
        "faith is not held against anybody here; licences for other outputs stay as they are.",
    ),
    Topic.RUN_ALARM: (
        "A training run reads more than usual",
        "Run {about}: {why} The log has every read.",
    ),
    Topic.INVITED: (
        "You are asked to agree to the use of a piece of music",
        "Somebody gave {work} to the LEMM Vault, a dataset of music under consent, and named you as one of those who "
        "hold rights in it. Until you agree it is not used. The link below shows what is asked; it can be answered "
        "until {until}. If you have nothing to do with it, do nothing: nothing is used then.",
    ),
    Topic.JOINED: ("A consent to “{title}” has arrived", "Somebody whom you named has said what they allow. {rest}"),
    Topic.NARROWED: (
        "“{title}” may be used for less",
        "Somebody who holds rights in your track allows less than before. What they turned off has ended at once.",
    ),
}
LINKS: dict[Topic, str] = {
    **dict.fromkeys(NEEDED, "/#/claim?id={about}&token={token}"),
    Topic.INVITED: "/#/invitation?token={token}",
}
_LINKLIKE = re.compile(r"://|@|www\.|\w\.[a-z]{2,}", re.IGNORECASE)


class Letter(Value):
    """A mail, ready for a transport."""

    message_id: str
    to: str
    subject: str
    text: str


class _Facts(dict[str, str]):
    """A fact that is missing is left out, not an error: old messages stay readable."""

    def __missing__(self, key: str) -> str:
        return ""


def words(message: Message) -> tuple[str, str]:
    """Subject and text, as the box shows them."""
    subject, text = WORDS[message.topic]
    facts = _Facts({"about": message.about, **message.facts})
    return _line(subject.format_map(facts)), " ".join(text.format_map(facts).split())


def letter(message: Message, to: str, site: str, token: str = "") -> Letter:
    """The mail; ``site`` is the address of the web client, without a slash at its end, if it is known."""
    subject, text = words(message)
    link = LINKS.get(message.topic, "").format(about=message.about, token=token)
    body = f"{text}\n\n{site}{link}".strip()
    return Letter(message_id=message.message_id, to=to, subject=subject, text=body)


def work(title: str, artist: str) -> str:
    """How a letter to a stranger names a piece of music: not at all where a name would carry a link into it."""
    return "a piece of music" if _LINKLIKE.search(f"{title} {artist}") else f"“{title}” by {artist}"


def _line(text: str) -> str:
    """One line: a header can't hold more."""
    return " ".join(text.split())[:150]
