/** Times, lengths and sizes as people read them. */
const MINUTE = 60, HOUR = 3600, DAY = 86_400;
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** @param {string} iso @param {number} [now] milliseconds */
export function ago(iso, now = Date.now()) {
  const seconds = (Date.parse(iso) - now) / 1000, size = Math.abs(seconds);
  if (size < 45) return "just now";
  if (size < HOUR) return relative.format(Math.round(seconds / MINUTE), "minute");
  if (size < DAY) return relative.format(Math.round(seconds / HOUR), "hour");
  if (size < 30 * DAY) return relative.format(Math.round(seconds / DAY), "day");
  return day.format(new Date(iso));
}

export const onDay = (iso) => day.format(new Date(iso));
export const at = (iso) => moment.format(new Date(iso));

/** Seconds as m:ss. */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Seconds as a rough length of time: "3 hours". */
export function span(seconds) {
  const units = [[DAY, "day"], [HOUR, "hour"], [MINUTE, "minute"], [1, "second"]];
  const [size, name] = units.find(([unit]) => seconds >= unit) ?? units[3];
  const count = Math.round(seconds / Number(size));
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

export function bytes(count) {
  if (count < 1024) return `${count} B`;
  const units = ["kB", "MB", "GB"];
  let size = count / 1024, unit = 0;
  while (size >= 1000 && unit < 2) {
    size /= 1024;
    unit += 1;
  }
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

export const percent = (share, digits = 0) => `${(share * 100).toFixed(digits)} %`;
export const count = (n, one, many = `${one}s`) => `${new Intl.NumberFormat("en").format(n)} ${n === 1 ? one : many}`;
export const shortId = (id) => (id.length > 14 ? `${id.slice(0, 4)}…${id.slice(-6)}` : id);
