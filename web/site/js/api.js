/**
 * The vault's API as one function.
 *
 * A refusal (an RFC 9457 problem document) and a network that gives no answer both become a `Problem` with a stable
 * code; pages decide by code and show the sentence. Nothing is sent anywhere but to this page's own origin, and to
 * the store that an upload form names.
 */
import { session, setSession } from "./session.js";

export class Problem extends Error {
  /** @param {number} status @param {string} code @param {string} detail @param {any} [more] */
  constructor(status, code, detail, more = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = more.errors ?? [];
    this.facts = more.facts ?? {};
    this.instance = more.instance;
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{body?: unknown, query?: Record<string, unknown>, signal?: AbortSignal}} [about]
 * @returns {Promise<any>}
 */
export async function call(method, path, about = {}) {
  const answer = await send(method, path, about);
  return answer.json().catch(() => ({}));
}

/** The bytes of something that is no JSON, such as sound. @param {string} path @returns {Promise<Blob>} */
export const bytesOf = async (path) => (await send("GET", path, {})).blob();

/** @param {string} method @param {string} path @param {any} about */
async function send(method, path, { body, query, signal }) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") asked.set(name, String(value));
  }
  const headers = { accept: "application/json" };
  const mine = session();
  if (mine) headers.authorization = `Bearer ${mine.token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  const address = asked.size ? `${path}?${asked}` : path;
  let answer;
  try {
    answer = await fetch(address, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "unreachable", "The vault did not answer. Check your connection, then try again.");
  }
  if (answer.ok) return answer;
  const document = await answer.json().catch(() => ({}));
  if (answer.status === 401 && mine && session()?.token === mine.token) setSession(null, "expired");
  throw new Problem(answer.status, document.code ?? `http_${answer.status}`, document.detail ?? answer.statusText, document);
}

/** What each path answers is declared in types/api.d.ts, made from the API's description. */
/** @type {import("../../types/api").Get} */
export const get = (path, query, signal) => call("GET", path, { query, signal });
/** @type {import("../../types/api").Post} */
export const post = (path, body = {}) => call("POST", path, { body });

/**
 * Every page of a listing, joined; after `most` pages it ends, and `more` says that the listing goes on.
 * @param {string} path @param {string} name
 * @returns {Promise<any[] & {more: boolean}>}
 */
export async function all(path, name, query = {}, most = 20) {
  const found = [];
  let cursor;
  for (let page = 0; page < most; page += 1) {
    const answer = await call("GET", path, { query: { ...query, cursor } });
    found.push(...answer[name]);
    cursor = answer.cursor;
    if (!cursor) break;
  }
  return Object.assign(found, { more: Boolean(cursor) });
}

/**
 * Send a file with a presigned form: fields first, the file last.
 * @param {{url: string, fields: Record<string, string>}} form
 * @param {File} file
 * @param {(share: number) => void} progress 0 to 1
 * @param {AbortSignal} [signal]
 */
export function sendForm(form, file, progress, signal) {
  return new Promise((resolve, reject) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
    data.append("file", file);
    const request = new XMLHttpRequest(); // fetch tells nothing of an upload's progress
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () =>
      request.status < 300
        ? resolve(undefined)
        : reject(new Problem(request.status, "upload_failed", "The store refused this file. Try to send it again."));
    request.onerror = () => reject(new Problem(0, "unreachable", "The upload broke off. Nothing was kept; send it again."));
    request.onabort = () => reject(new Problem(0, "stopped", "You stopped this upload. Nothing was kept."));
    signal?.addEventListener("abort", () => request.abort());
    request.open("POST", form.url);
    request.send(data);
  });
}
