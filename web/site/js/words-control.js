/** The states of a proof of control, as contributors and reviewers read them. */
const STATES = {
  open: { label: "Waits for a reviewer", tone: "wait", says: "Put the code into the public description of the release. A reviewer looks there." },
  verified: { label: "Shown", tone: "good", says: "Matches with this release are labelled as your own from now on." },
  not_found: { label: "Code not found", tone: "bad", says: "The reviewer did not find the code there. You can ask for a new one." },
  withdrawn: { label: "Withdrawn", tone: "bad", says: "It counts no more." },
  expired: { label: "Expired", tone: "off", says: "Nobody recorded it in time. You can ask for a new one." },
};

export const proofTold = (state) => STATES[state] ?? { label: state, tone: "off", says: "" };
