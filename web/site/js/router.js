/**
 * Addresses after the `#`, so that any plain file server can serve the client and no address of the API is hidden.
 *
 * `#/tracks/trk_1?from=mail` becomes path "/tracks/trk_1" with its query. Routes are `["/tracks/:id", page, role]`.
 */
export function here() {
  const [path, query = ""] = (location.hash.replace(/^#/, "") || "/").split("?");
  return { path: path || "/", query: new URLSearchParams(query) };
}

/** @param {string} pattern @param {string} path @returns {Record<string, string> | null} */
export function match(pattern, path) {
  const wanted = pattern.split("/"), given = path.split("/");
  if (wanted.length !== given.length) return null;
  /** @type {Record<string, string>} */
  const parts = {};
  for (let i = 0; i < wanted.length; i += 1) {
    if (wanted[i].startsWith(":")) {
      try {
        parts[wanted[i].slice(1)] = decodeURIComponent(given[i]);
      } catch {
        return null;
      }
    } else if (wanted[i] !== given[i]) return null;
  }
  return parts;
}

export const go = (path) => {
  location.hash = path;
};
