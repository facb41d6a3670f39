/** The states of a claim, as its author, the track's owner and reviewers read them. */
const STATES = {
  unconfirmed: { label: "Not confirmed", tone: "wait", author: "It counts once you confirm it.", owner: "" },
  confirmed: { label: "Waits for a reviewer", tone: "wait", author: "You confirmed it. A reviewer looks at it soon.", owner: "A reviewer looks at it soon. You can answer it right away." },
  examined: { label: "Being examined", tone: "wait", author: "A reviewer found that it needs a closer look.", owner: "A reviewer found that it needs a closer look. Please answer it." },
  negotiating: { label: "Being negotiated", tone: "wait", author: "Both sides have time to agree.", owner: "Both sides have time to agree." },
  unfounded: { label: "Unfounded", tone: "off", author: "It was found to have no ground.", owner: "It was found to have no ground. Your track is free again." },
  kept: { label: "Track stays", tone: "off", author: "It was decided that the track stays.", owner: "It was decided that your track stays." },
  removed: { label: "Track removed", tone: "good", author: "The track was removed.", owner: "The track was removed." },
  negotiated: { label: "Agreed", tone: "good", author: "You came to an agreement.", owner: "You came to an agreement." },
  moot: { label: "Nothing left to decide", tone: "off", author: "The track is gone, so nothing is left to decide.", owner: "The track is gone, so nothing is left to decide." },
  expired: { label: "Expired", tone: "off", author: "It was not confirmed in time.", owner: "" },
};

export const CLAIM_STATES = Object.keys(STATES);
export const claimTold = (state) => STATES[state] ?? { label: state, tone: "off", author: "", owner: "" };
