/**
 * Sending files as tracks: for each one the form, the bytes, then the submission.
 *
 * Two at a time. A file that failed can be sent again from where it stopped: an upload that arrived is not sent
 * twice, and the same submission twice is one track.
 */
import { post, sendForm } from "./api.js";

const AT_ONCE = 2;
const TYPES = {
  wav: "audio/wav", wave: "audio/wav", flac: "audio/flac", mp3: "audio/mpeg", ogg: "audio/ogg", oga: "audio/ogg",
  opus: "audio/opus", m4a: "audio/mp4", mp4: "audio/mp4", aac: "audio/aac", aif: "audio/aiff", aiff: "audio/aiff",
};
export const ACCEPT = `${Object.keys(TYPES).map((ending) => `.${ending}`).join(",")},audio/*`;
export const MOST_BYTES = 600 * 2 ** 20;

const ending = (name) => name.split(".").pop().toLowerCase();

/** The media type by a file's name. @param {File} file */
export const typeOf = (file) => TYPES[ending(file.name)] ?? "application/octet-stream";

/**
 * @typedef {{key: string, file: File, title: string, state: "ready"|"waiting"|"sending"|"submitting"|"done"|"failed",
 *   share: number, problem?: any, uploadId?: string, arrived?: boolean, trackId?: string, receipt?: any}} Item
 */

/** @param {File} file @returns {Item} */
export const item = (file) => ({
  key: `${file.name}-${file.size}-${file.lastModified}`,
  file,
  title: file.name.replace(/\.[^.]+$/, "").replace(/[_]+/g, " ").trim().slice(0, 200) || file.name,
  state: "ready",
  share: 0,
});

/** Why a file can't be sent, or "" . @param {File} file */
export function unusable(file) {
  if (!(ending(file.name) in TYPES)) return "We read WAV, FLAC, MP3, Ogg, Opus, M4A, AAC and AIFF.";
  if (file.size === 0) return "This file is empty.";
  if (file.size > MOST_BYTES) return "A file may have 600 MB at most.";
  return "";
}

/** @param {Item} one @param {any} details @param {(change: Partial<Item>) => void} tell @param {AbortSignal} [signal] */
export async function sendOne(one, details, tell, signal) {
  try {
    let { uploadId, arrived } = one;
    if (!arrived) {
      tell({ state: "sending", share: 0, problem: undefined });
      const type = typeOf(one.file);
      const opened = await post("/uploads", { filename: one.file.name.slice(0, 200), bytes: one.file.size, content_type: type });
      uploadId = opened.upload_id;
      await sendForm(opened.form, one.file, (share) => tell({ share }), signal);
      arrived = true;
      tell({ uploadId, arrived, share: 1 });
    }
    tell({ state: "submitting" });
    const answer = await post("/tracks/submit", {
      audio_upload_token: uploadId,
      metadata: { ...details.metadata, title: one.title.trim() },
      rights: details.rights,
      accepted_terms_sha256: details.terms,
    });
    tell({ state: "done", trackId: answer.track_id, receipt: answer.receipt });
  } catch (problem) {
    tell({ state: "failed", problem });
  }
}

/** @param {Item[]} items @param {any} details @param {(key: string, change: Partial<Item>) => void} tell */
export async function sendAll(items, details, tell, signal) {
  const left = items.filter((one) => one.state !== "done");
  for (const one of left) tell(one.key, { state: "waiting", problem: undefined });
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const one = next;
      await sendOne(one, details, (change) => tell(one.key, change), signal);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
