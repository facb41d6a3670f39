/** The vault's states and codes in words that a person understands. Codes are the API's; texts are ours. */

/**
 * @typedef {{label: string, tone: string, live?: boolean, title: string, says: string}} Told
 * @type {Record<string, Told>}
 */
const STATES = {
  submitted: {
    label: "Received", tone: "note", live: true, title: "We have your track",
    says: "The automated checks start in a moment. You can close this page; nothing is lost.",
  },
  pending_automated_checks: {
    label: "Being checked", tone: "note", live: true, title: "The checks are running",
    says: "We read the file, take fingerprints and compare them with the vault and with outside catalogues. It takes a minute or two.",
  },
  entering: {
    label: "Entering", tone: "note", live: true, title: "Cleared, and on its way in",
    says: "Nothing stands against your track. It is being put into the vault right now.",
  },
  pending_review: {
    label: "With a reviewer", tone: "wait", title: "A person is going to look at it",
    says: "The checks found something that a person should judge, or could not ask every source. Until then the track is used for nothing.",
  },
  accepted: {
    label: "In the vault", tone: "good", title: "In the vault",
    says: "Training jobs may read it within what you allow. Each read is checked against your consent at that moment, and written down.",
  },
  rejected: {
    label: "Not accepted", tone: "bad", title: "Not accepted",
    says: "The reasons are below. If you think that this is wrong, you can appeal once, and somebody else looks at it.",
  },
  dispute_pending: {
    label: "In dispute", tone: "wait", title: "Not accepted, and in dispute",
    says: "You have the right to answer. The track is compared anew, and somebody who did not reject it decides.",
  },
  rejected_final: {
    label: "Declined for good", tone: "bad", title: "The appeal was declined",
    says: "This decision is final. The answer is below. The recording is deleted after the retention time.",
  },
  under_investigation: {
    label: "Locked by a claim", tone: "wait", title: "Locked while a claim is looked into",
    says: "Somebody says that this track infringes a right of theirs. Until that is settled, no training job gets it.",
  },
  removed: {
    label: "Taken back", tone: "off", title: "Taken back",
    says: "No training job gets this track any more. Your receipt says what else that does, and what it can't undo.",
  },
};

const UPHELD = {
  label: "Removed", tone: "bad", title: "Removed after a claim",
  says: "A claim against this track was upheld. No training job gets it any more, and the recording is deleted after the retention time.",
};

/** How a track stands. A track that waits although nothing stands against it is on its way in. @returns {Told} */
export function told(track) {
  const entering = track.status === "pending_review" && (track.verdict === "accept" || track.approval);
  if (track.status === "removed" && track.reasons?.some((reason) => reason.code === "claim_upheld")) return UPHELD;
  return STATES[entering ? "entering" : track.status] ?? { label: track.status, tone: "off", title: track.status, says: "" };
}

export const isMoving = (track) => Boolean(told(track).live);

const REASONS = {
  clean: "Every source was asked, and nothing was found",
  awaiting_reviewer: "Nothing was found; a reviewer has the last word",
  duplicate: "The vault has this very sound already",
  near_duplicate: "It comes close to a track in the vault",
  strong_external_match: "It matches a known recording",
  weak_external_match: "Parts of it resemble a known recording",
  melody_of_known_work: "It may play the tune of a known recording",
  melody_of_vault_track: "It may play the tune of a track in the vault",
  source_not_checked: "One source could not be asked",
  cover: "You declared a cover",
  third_party_samples: "You declared samples of others",
  not_original: "You did not declare it to be an original work",
  inconsistent_metadata: "Something in the form does not fit together",
  mono: "The recording is mono",
  clipping: "Parts of it are clipped",
  very_quiet: "The recording is very quiet",
  dc_offset: "The recording has a constant offset",
  rejected_by_review: "A reviewer declined it",
  appeal_dismissed: "The answer to your appeal",
  approved_by_vote: "Reviewers approved it",
  approved_by_override: "An admin approved it",
  approved_by_appeal: "Approved after your appeal",
  taken_back: "Taken back by its owner",
  corrected: "What was said about it was corrected",
  own_catalogue_match: "It matches a release that its owner has shown control of",
  claim_confirmed: "Somebody reported an infringement",
  claim_dismissed: "The claim was not upheld",
  claim_upheld: "The claim was upheld",
  dispute_lapsed: "The dispute ended without an answer",
  never_arrived: "The file never arrived",
};

/** A reason's code in words. @param {string} code */
export const reasonTitle = (code) => REASONS[code] ?? code.replaceAll("_", " ");

const HISTORY = {
  submitted: "Received",
  checks_started: "Checks started",
  checks_finished: "Checks finished",
  checked_again: "Checked again",
  admitted: "Put into the vault",
  rejected: "Declined",
  withdrawn: "Withdrawn by its owner",
  upload_failed: "The file could not be used",
  appealed: "Appeal filed",
  dispute_opened: "Declined, with a dispute opened",
  dispute_lapsed: "Dispute ended without an answer",
  appeal_upheld: "Appeal upheld",
  appeal_dismissed: "Appeal declined",
  claim_confirmed: "Locked by a claim",
  claim_dismissed: "Claim dismissed, unlocked",
  claim_upheld: "Claim upheld, taken out",
  revoked: "Taken back by its owner",
};
export const stepTitle = (trigger) => HISTORY[trigger] ?? trigger.replaceAll("_", " ");

/** What a source is. @param {string} source */
export function sourceTitle(source) {
  if (source === "vault") return "Our own vault";
  if (source === "withheld") return "What was taken out, withdrawn or suspended";
  if (source === "acoustid") return "AcoustID, a public register of recordings";
  return source.startsWith("catalogue:") ? `Outside catalogue “${source.slice(10)}”` : source;
}

/** A calibrated similarity in words: 0.4 is where 1 % of unrelated pieces score, 0.7 where 0.1 % do. */
export function howAlike(similarity) {
  if (similarity >= 0.7) return "very alike: fewer than 1 in 1000 unrelated pieces come this close";
  if (similarity >= 0.4) return "somewhat alike: fewer than 1 in 100 unrelated pieces come this close";
  return "no more alike than unrelated music may be";
}

/** The consent flags, as their owner reads them; `use` marks those that open a use. */
export const FLAGS = [
  {
    name: "training_allowed", title: "Models may learn from it at all", needed: true,
    does: "Jobs read your track through a gateway that asks for your consent at each read, for the uses that you turn on below and for no other.",
    never: "Nobody can download, sell or publish your recording.",
    back: "No job gets the track any more, from that second on. Models trained before stay as they are, and your receipt names them.",
  },
  {
    name: "internal_experiment_ok", title: "Internal experiments", use: true,
    does: "Models that stay inside the project learn from your track.",
    never: "Such a model is not offered to anybody else.",
    back: "No experiment gets the track any more.",
  },
  {
    name: "product_ok", title: "Products", use: true,
    does: "Models that others may use, also to make music for sale, learn from your track.",
    never: "Music that comes too close to your track is not let out: every output is compared first.",
    back: "No product model learns from the track any more. Those trained before stay as they are.",
  },
  {
    name: "evaluation_ok", title: "Evaluation", use: true,
    does: "Models are measured with your track.",
    never: "A model that is measured with it learns nothing from it.",
    back: "It is used in no further measurement.",
  },
  {
    name: "internal_demo_ok", title: "Use in internal demonstrations", use: true,
    does: "We may use the track to show, inside the project, how training works.",
    never: "It is not played in public and not put online.",
    back: "Internal demonstrations stop using it at once.",
  },
  {
    name: "allow_per_artist_adapters", title: "Models adapted to your style alone", use: true,
    does: "A model may be tuned on your tracks in particular, so that it follows your style.",
    never: "Without this switch, no model is ever tuned on a single artist.",
    back: "No new adapter is trained on the track.",
  },
  {
    name: "keep_fingerprints_after_revocation", title: "Keep fingerprints after you take it back",
    does: "Measurements of the sound (never the audio) stay, so that generated music which comes too close to your track is still stopped.",
    never: "Fingerprints are not used for training, and your music can't be made from them.",
    back: "Off, the fingerprints go as well. You can still turn it off after you took the track back.",
  },
];

export const flagTitle = (name) => FLAGS.find((flag) => flag.name === name)?.title ?? name;
