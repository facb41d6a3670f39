"""Who may do what: one table, asked where it is decided, printed into the handbook.

``check`` is the question "may this role do this to this thing"; ``roles`` gives
a route's roles. ``python -m vault_domain.permissions`` prints
the table (docs/policy/permissions.md).
"""

import sys
from dataclasses import dataclass
from enum import StrEnum

from vault_domain.errors import Forbidden, NotFound

ROLES = ("contributor", "reviewer", "admin", "system", "public")


class Reach(StrEnum):
    """How far a permission goes."""

    NONE = "no"
    OWN = "own"
    OTHERS = "others'"
    ANY = "any"


@dataclass(frozen=True)
class Row:
    """One action on one resource; ``reach`` by role, ``scope`` demanded of services."""

    what: str
    means: str
    reach: dict[str, Reach]
    routes: tuple[str, ...]
    scope: str | None = None


def _row(what: str, means: str, reach: str, *routes: str, scope: str | None = None) -> Row:
    """``reach``: "role=own ..."; a role alone reaches any."""
    pairs = (part.partition("=") for part in reach.split())
    found = {role: Reach(how + "'" if how == "others" else how or "any") for role, _, how in pairs}
    return Row(what, means, found, routes, scope)


_OWN = "contributor=own reviewer=own admin=own"
_SEES = "contributor=own reviewer admin"
_PEERS = "reviewer=others admin=others"
_SIGNED_IN = "contributor reviewer admin"
_ALL = "contributor reviewer admin system public"

MATRIX: tuple[Row, ...] = (
    _row("api.read", "read the API's description", _ALL, "GET /openapi.json", "GET /docs", "GET /docs/{name}"),
    _row(
        "account.open", "open an account; sign in", _ALL,
        "POST /accounts", "POST /accounts/external", "GET /accounts/affirmation", "POST /accounts/login",
        "POST /accounts/token",
    ),
    _row("account.read", "see one's own account", f"{_OWN} system=own", "GET /accounts/me"),
    _row("account.renew", "stay signed in", _OWN, "POST /accounts/renew"),
    _row("account.erase", "erase one's own account", _OWN, "POST /accounts/me/erasure"),
    _row("account.payout", "name one's payee", _OWN, "POST /accounts/me/payout"),
    _row("key.read", "get public keys", _ALL, "GET /accounts/keys", "GET /audit/key"),
    _row("upload.send", "send a file", f"{_OWN} system=own", "POST /uploads"),
    _row("upload.read", "see where a file stands", f"{_OWN} system=own", "GET /uploads/{upload_id}"),
    _row("track.submit", "submit a track", _OWN, "POST /tracks/submit"),
    _row(
        "track.read", "see a track, its rights, its checks and its history", _SEES,
        "GET /tracks/{track_id}", "GET /tracks/{track_id}/status",
        "GET /tracks/{track_id}/rights/odrl", "GET /tracks/{track_id}/rights/cawg",
    ),
    _row("track.list", "list one's tracks", _OWN, "GET /contributors/me/tracks"),
    _row("track.receipt", "get the signed consent receipt", _OWN, "GET /tracks/{track_id}/receipt"),
    _row("track.correct", "correct a track's metadata", _OWN, "POST /tracks/{track_id}/corrections"),
    _row("track.corrections", "see what was corrected, and when", _SEES, "GET /tracks/{track_id}/corrections"),
    _row("track.revoke", "take a track back", _OWN, "POST /tracks/{track_id}/revoke"),
    _row("consent.read", "see who allows what for a track, and since when", _SEES, "GET /tracks/{track_id}/consents"),
    _row("consent.change", "change what one allows", _OWN, "POST /tracks/{track_id}/consent"),
    _row(
        "consent.forget", "let a track's fingerprints go too, after it was taken back", _OWN,
        "POST /tracks/{track_id}/fingerprints/withdrawal",
    ),
    _row("consent.invite", "ask a named rights holder to consent", _OWN, "POST /tracks/{track_id}/invitations"),
    _row("consent.look", "see what one is asked to consent to, by the letter's token", _ALL, "POST /invitations/look"),
    _row("consent.join", "consent as somebody who was invited, by the letter's token", _OWN,
         "POST /invitations/accept"),
    _row("consent.list", "list the tracks of others in which one holds rights", _OWN, "GET /contributors/me/consents"),
    _row("review.queue", "see what waits for review", "reviewer admin", "GET /review/queue"),
    _row("review.read", "see evidence, votes and notes", _PEERS, "GET /review/{track_id}"),
    _row("snippet.open", "open a matched span to hear it", _PEERS, "POST /review/{track_id}/snippets"),
    _row(
        "snippet.hear", "hear and see a span that one opened", "reviewer=own admin=own",
        "GET /snippets/{snippet_id}", "GET /snippets/{snippet_id}/picture",
    ),
    _row("review.claim", "claim a track for review", _PEERS, "POST /review/{track_id}/claim"),
    _row("review.vote", "vote, or ask its owner", _PEERS, "POST /review/{track_id}/votes"),
    _row("review.note", "leave a note for other reviewers", _PEERS, "POST /review/{track_id}/notes"),
    _row("review.override", "decide alone, with a written reason", "admin=others", "POST /review/{track_id}/override"),
    _row("review.answer", "answer a reviewer's question", _OWN, "POST /review/{track_id}/answers"),
    _row("review.questions", "read what reviewers asked", _SEES, "GET /review/{track_id}/questions"),
    _row("appeal.file", "appeal against a rejection", _OWN, "POST /tracks/{track_id}/appeal"),
    _row("appeal.read", "see an appeal", _SEES, "GET /tracks/{track_id}/appeal"),
    _row("appeal.queue", "see which rejections are disputed", "reviewer admin", "GET /appeals"),
    _row("appeal.decide", "decide an appeal", _PEERS, "POST /tracks/{track_id}/appeal/decision"),
    _row("listing.read", "see what is in the vault: titles and artists", _SIGNED_IN, "GET /listing"),
    _row(
        "flag.file", "ask that a listed track be looked at",
        "contributor=others reviewer=others admin=others", "POST /tracks/{track_id}/flags",
    ),
    _row("flag.queue", "see which tracks were flagged", "reviewer admin", "GET /flags"),
    _row("flag.settle", "settle the flags on a track", _PEERS, "POST /tracks/{track_id}/flags/decision"),
    _row(
        "claim.file", "report an infringement, confirm and follow one's claim by its token", _ALL,
        "POST /claims", "POST /claims/{claim_id}/confirmation", "POST /claims/{claim_id}/status",
    ),
    _row("claim.queue", "see which claims wait, without their authors", "reviewer admin", "GET /claims"),
    _row("claim.read", "see a claim with its author and the findings", _PEERS, "GET /claims/{claim_id}"),
    _row("claim.attach", "name and lock the track of a claim", _PEERS, "POST /claims/{claim_id}/track"),
    _row("claim.screen", "screen a claim", _PEERS, "POST /claims/{claim_id}/screening"),
    _row("claim.decide", "decide a claim", _PEERS, "POST /claims/{claim_id}/decision"),
    _row("claim.about", "see what is claimed about a track, not by whom", _SEES, "GET /tracks/{track_id}/claims"),
    _row("claim.answer", "answer a claim", _OWN, "POST /tracks/{track_id}/claims/{claim_id}/answer"),
    _row("claim.about_output", "see what is claimed about an output of one's service, not by whom", _SEES,
         "GET /outputs/{output_id}/claims"),
    _row("claim.answer_output", "answer a claim about an output of one's service", _OWN,
         "POST /outputs/{output_id}/claims/{claim_id}/answer"),
    _row(
        "message.read", "read one's messages, and the box of one's role", _OWN,
        "GET /messages", "POST /messages/{message_id}/read", "POST /messages/read",
        "GET /messages/preferences", "POST /messages/preferences",
    ),
    _row("statistics.read", "see the statistics", _ALL, "GET /statistics"),
    _row("control.open", "show control of a release, and see one's proofs", _OWN, "POST /control", "GET /control"),
    _row("control.queue", "see which proofs wait", "reviewer admin", "GET /control/open"),
    _row("control.verified", "see which proofs count at present", "admin", "GET /control/verified"),
    _row("control.record", "record whether the code stands there", _PEERS, "POST /control/{control_id}/record"),
    _row(
        "control.withdraw", "withdraw a verified proof", "admin=others",
        "POST /control/{account_id}/{control_id}/withdraw",
    ),
    _row("policy.read", "see the policy in force", _SIGNED_IN, "GET /policy"),
    _row(
        "policy.history", "see what changed or was proposed, by whom, why", _SIGNED_IN,
        "GET /policy/history", "GET /policy/proposals",
    ),
    _row(
        "policy.confirm", "confirm another admin's proposed policy, or decline one", "admin",
        "POST /policy/proposals/{proposal_id}/confirm", "POST /policy/proposals/{proposal_id}/decline",
    ),
    _row("policy.change", "change the policy, with a reason", "admin", "POST /policy"),
    _row("policy.trial", "try a policy against past decisions", "admin", "POST /policy/trial"),
    _row("bulk.read", "see who holds how much of the vault, and who seems to belong together", "admin", "GET /bulk"),
    _row("bulk.decide", "approve or hold an account's tracks for training", "admin=others", "POST /bulk/{account_id}"),
    _row("account.role", "change a role, with a reason", "admin=others", "POST /accounts/{account_id}/role"),
    _row("account.people", "see who has which role, and why", "admin",
         "GET /accounts/people", "POST /accounts/find", "GET /accounts/{account_id}/roles"),
    _row("account.service", "open a service account", "admin", "POST /accounts/service"),
    _row("terms.read", "read the contribution terms", _ALL, "GET /terms", "GET /terms/{number}"),
    _row("catalogue.read", "see the registered catalogues", _SIGNED_IN + " system", "GET /catalogues"),
    _row(
        "catalogue.register", "register a catalogue", "admin system",
        "POST /catalogues", "POST /catalogues/{name}/parts", scope="catalogue",
    ),
    _row(
        "dataset.read", "see the registered datasets and what they may be used for", _SIGNED_IN + " system",
        "GET /datasets", "GET /datasets/{dataset_id}", "POST /datasets/combine",
    ),
    _row("dataset.register", "register an outside dataset, with a reason", "admin", "POST /datasets"),
    _row("dataset.history", "see every registration of a dataset", "admin", "GET /datasets/{dataset_id}/history"),
    _row(
        "pack.read", "see packs", _SIGNED_IN + " system",
        "GET /packs", "GET /packs/{name}/{number}",
    ),
    _row(
        "pack.now", "see how much of a pack may still be used", "reviewer admin system",
        "GET /packs/{name}/{number}/now",
    ),
    _row(
        "pack.members", "see the list of a pack's tracks, and export it", "admin",
        "GET /packs/{name}/{number}/members",
        "GET /packs/{name}/{number}/export",
    ),
    _row("pack.make", "build and freeze packs", "admin", "POST /packs", "GET /pack-builds/{build_id}",
         "POST /packs/{name}/{number}/freeze"),
    _row(
        "training.run", "open, see and close one's training runs", "system=own",
        "POST /training/tokens", "GET /training/runs/{run_id}", "POST /training/runs/{run_id}/complete",
        "POST /training/runs/{run_id}/leases",
        scope="training",
    ),
    _row(
        "lineage.track", "see which runs and models used a track, and prove it", _SEES,
        "GET /tracks/{track_id}/runs", "GET /tracks/{track_id}/revocation",
        "GET /tracks/{track_id}/runs/{run_id}/proof",
    ),
    _row(
        "lineage.run", "see what a run was given and made", "admin system=own", "GET /training/runs/{run_id}/lineage",
        scope="training",
    ),
    _row(
        "model.read", "see models, what they were trained on and how stale they are, and prove it",
        _SIGNED_IN + " system",
        "GET /models", "GET /models/{model_id}", "GET /models/{model_id}/versions/{model_version}",
        "GET /models/{model_id}/versions/{model_version}/proof", scope="training",
    ),
    _row("model.register", "register a model version", "system=own", "POST /models/{model_id}/versions",
         scope="training"),
    _row("training.decoy", "offer one's own track as a canary", _OWN, "POST /training/canaries/offers"),
    _row("model.audit", "put a model version to the release gate", "system=own",
         "POST /models/{model_id}/versions/{model_version}/audits", scope="training"),
    _row("training.canary", "plant canaries for a run, see where they are", "admin",
         "POST /training/canaries", "GET /training/canaries"),
    _row("training.audio", "read a track of a run, by the run's token", _ALL, "GET /training/objects/{track_id}"),
    _row("prompt.check", "have a prompt checked", "system=own", "POST /prompts/checks", scope="safety"),
    _row(
        "names.read", "see the names that prompts are searched for", "reviewer admin",
        "GET /prompts/names", "GET /prompts/names/history",
    ),
    _row(
        "names.change", "list names that prompts are searched for, or take them off", "admin",
        "POST /prompts/names", "POST /prompts/names/removal",
    ),
    _row("safety.check", "have an output checked", "system=own", "POST /safety/checks", scope="safety"),
    _row(
        "safety.read", "see what a check found", "reviewer admin system=own", "GET /safety/checks/{output_id}",
        scope="safety",
    ),
    _row("licence.read", "read the licence for generated outputs", _ALL, "GET /licence", "GET /licence/{number}"),
    _row("licence.accept", "accept the licence, see what one accepted", f"{_OWN} system=own",
         "POST /licence/acceptance", "GET /licence/acceptance", scope="safety"),
    _row("output.offer", "make a code with which one account claims an output", "system=own",
         "POST /outputs/{output_id}/codes", scope="safety"),
    _row("output.claim", "claim an output with its code, list one's outputs", _OWN,
         "POST /outputs/{output_id}/claim", "GET /outputs"),
    _row("output.export", "export an output: its file and its certificate", f"{_OWN} system=own",
         "POST /outputs/{output_id}/export", scope="safety"),
    _row("certificate.read", "check a certificate or a file, and see where its licence stands", _ALL,
         "GET /certificates/{certificate_id}", "GET /certificates/{certificate_id}/pdf",
         "POST /certificates/verification"),
    _row("output.read", "see where an output stands", f"{_OWN} system=own", "GET /outputs/{output_id}",
         scope="safety"),
    _row("suspension.read", "see which outputs and models are suspended, and why", "reviewer admin",
         "GET /suspensions"),
    _row("suspension.make", "suspend an output or a model at once", "reviewer admin", "POST /suspensions"),
    _row("suspension.lift", "lift a suspension", _PEERS, "POST /suspensions/lift"),
    _row("safety.figures", "see how the outputs of each model fare", "reviewer admin",
         "GET /safety/models", "GET /safety/models/{model_id}"),
    _row(
        "log.read", "read the audit log's checkpoint and tiles: hashes, and events without words or names", _ALL,
        "GET /audit/checkpoint", "GET /audit/witnessed",
        "GET /audit/tile/{level}/{a}", "GET /audit/tile/{level}/{a}/{b}",
        "GET /audit/tile/{level}/{a}/{b}/{c}", "GET /audit/tile/{level}/{a}/{b}/{c}/{d}",
    ),
    _row("log.prove", "get a proof that an event is in the log", "admin system", "GET /audit/proof/{event_id}"),
    _row("safety.prove", "get a proof of what an output was checked against", "admin system=own",
         "GET /safety/checks/{output_id}/proof", scope="safety"),
    _row("policy.prove", "get a proof of every policy change between two states of the log", _SIGNED_IN,
         "GET /policy/proof"),
    _row("log.search", "search events", "admin", "GET /audit/events"),
)  # fmt: skip
_BY_NAME = {row.what: row for row in MATRIX}


def reach(role: str, what: str) -> Reach:
    """How far ``role`` reaches in ``what``. Raises ``KeyError`` for an action that is not in the table."""
    return _BY_NAME[what].reach.get(role, Reach.NONE)


def roles(what: str) -> tuple[str, ...]:
    """Every role that can do this to anything at all: what a route declares."""
    return tuple(role for role in ROLES if reach(role, what) is not Reach.NONE)


def check(role: str, what: str, *, own: bool, thing: str = "track") -> None:
    """Raise unless ``role`` may do this here; ``thing`` is what a refusal calls it.

    ``NotFound`` where somebody else's thing must not even be known to exist,
    ``Forbidden`` where it is one's own that must be left to others.
    """
    found = reach(role, what)
    if found is Reach.NONE:
        raise Forbidden(f"{_BY_NAME[what].means}: not for the role {role}")
    if found is Reach.OWN and not own:
        raise NotFound(f"no such {thing} of yours")
    if found is Reach.OTHERS and own:
        raise Forbidden("This is about your own work, or work you hold rights in: somebody else decides")


def markdown() -> str:
    """The table as docs/policy/permissions.md has it."""
    head = [
        "# Who may do what",
        "",
        "One table decides (`vault_domain.permissions`), and this page is printed from it by",
        "`python -m vault_domain.permissions`. Every function asks it, through `vault_edge.permitting` where a thing",
        "is somebody's. One test compares every route of the API with it; another calls each route that names a thing",
        "as each role, about own and others' things.",
        "",
        "*own*: what one submitted or opened; for consents, also what one holds rights in. *others'*: tracks that one",
        "neither submitted nor holds rights in, and that do not bear one's name. The scope in brackets is demanded of",
        "a service.",
        "",
        f"| action | meaning | {' | '.join(ROLES)} |",
        f"|---|---|{'---|' * len(ROLES)}",
    ]
    return "\n".join([*head, *(_line(row) for row in MATRIX)]) + "\n"


def _line(row: Row) -> str:
    cells = [row.reach.get(role, Reach.NONE) for role in ROLES]
    shown = ["·" if cell is Reach.NONE else cell.value for cell in cells]
    if row.scope is not None:
        shown[ROLES.index("system")] += f" [{row.scope}]"
    return f"| `{row.what}` | {row.means} | {' | '.join(shown)} |"


if __name__ == "__main__":
    sys.stdout.write(markdown())
