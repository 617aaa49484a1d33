// What stands above the fields: what is to be done, in the order of its weight; and what the dates say now.

import { about, tell, words } from "./words.js";
import { verdictOf } from "./values.js";

/** Codes by what they are about, the heaviest first. The last are remarks, with nothing to be done at once. */
const ABOUT_DOCUMENT = ["expired", "not_yet_valid", "under_age", "issue_after_expiry", "birth_after_issue", "minor", "expires_soon"];
const REMARKS = ["minor", "expires_soon", "names_truncated", "mrz_repaired", "no_document_here", "other_calendar", "picture_two_tones"];
/** Codes that the dates decide: when the person has corrected one, they are concluded again. */
const FROM_DATES = ["expired", "expires_soon", "not_yet_valid", "issue_after_expiry", "birth_after_issue"];
const DATES = ["birth_date", "issue_date", "valid_from", "expiry_date"];
const SOON = 90;
const ADULT = 18;

const day = (value, last) => {
  const parts = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(value ?? "");
  if (!parts) return null;
  const [year, month] = [Number(parts[1]), Number(parts[2] ?? (last ? 12 : 1))];
  return Date.UTC(year, month - 1, parts[3] ? Number(parts[3]) : last ? new Date(Date.UTC(year, month, 0)).getUTCDate() : 1);
};
const midnight = now => Date.UTC(now.getFullYear(), now.getMonth(), now.getDate());
const DAY = 86_400_000;

/** The holder's age in full years, the least that it can be; null where no birth date is known. */
export function ageOf(state, now = new Date()) {
  const born = day(state.values.birth_date, true);
  if (born === null) return null;
  const birth = new Date(born);
  const had = now.getMonth() > birth.getUTCMonth() || (now.getMonth() === birth.getUTCMonth() && now.getDate() >= birth.getUTCDate());
  return Math.max(0, now.getFullYear() - birth.getUTCFullYear() - (had ? 0 : 1));
}

/** What the dates as they stand now say of the document, as the service concludes it (extractor/checks.py). */
export function fromDates(values, now = new Date()) {
  const today = midnight(now);
  const found = [];
  const [end, issued, born] = [day(values.expiry_date, true), day(values.issue_date, false), day(values.birth_date, false)];
  if (end !== null && end < today) found.push({ code: "expired", field: "expiry_date" });
  else if (end !== null && (end - today) / DAY <= SOON) found.push({ code: "expires_soon", field: "expiry_date" });
  for (const name of ["issue_date", "valid_from"]) {
    const start = day(values[name], false);
    if (start !== null && start > today + DAY) {
      found.push({ code: "not_yet_valid", field: name });
      break;
    }
  }
  if (issued !== null && end !== null && issued > end) found.push({ code: "issue_after_expiry", field: "issue_date" });
  if (born !== null && issued !== null && born > day(values.issue_date, true)) found.push({ code: "birth_after_issue", field: "birth_date" });
  return found;
}

/** Warnings as they stand now: those of the service that the person has not settled, and what the dates say. */
export function warningsOf(state) {
  const dated = DATES.some(name => state.edited.has(name));
  const kept = state.result.warnings.filter(one => one.code !== "conflict" && !(dated && FROM_DATES.includes(one.code))
    && !(one.field && state.edited.has(one.field)));
  const found = dated ? [...kept, ...fromDates(state.values)] : kept;
  const age = ageOf(state);
  return age !== null && age < ADULT ? [...found, { code: "minor", field: "birth_date" }] : found;
}

/** Fields somebody should look at, in the document's order. */
export function issues(state) {
  const warned = new Set(warningsOf(state).filter(one => !REMARKS.includes(one.code) && !ABOUT_DOCUMENT.includes(one.code)).map(one => one.field));
  return Object.keys(state.result.fields).filter(name => state.wrong.has(name)
    || ["conflict", "unsupported"].includes(verdictOf(state, name)) || warned.has(name));
}

/** Whether a warning is about a field, so that its row is marked. */
export const isWarned = (state, name) => warningsOf(state).some(one => one.field === name && !REMARKS.includes(one.code));

/** What stands above the fields: `{ text, field, level }`, level one of bad, remark, well. */
export function notices(state) {
  const rank = code => ABOUT_DOCUMENT.includes(code) ? ABOUT_DOCUMENT.indexOf(code) : code.startsWith("picture_") ? 50 : REMARKS.includes(code) ? 70 : 40;
  const ofField = one => state.result.fields[one.field] && !ABOUT_DOCUMENT.includes(one.code);
  const sorted = [...warningsOf(state)].sort((a, b) => rank(a.code) - rank(b.code));
  const made = sorted.map(one => {
    const text = words().warnings[one.code] ?? one.message;
    return { text: ofField(one) ? about(one.field, text) : text, level: REMARKS.includes(one.code) ? "remark" : "bad",
      field: state.result.fields[one.field] ? one.field : null, first: ABOUT_DOCUMENT.includes(one.code) };
  });
  const open = issues(state);
  const toCheck = open.length ? [{ text: tell("toCheck", { n: open.length }), level: "bad", field: open[0], key: "toCheck" }] : [];
  const all = [...made.filter(one => one.first), ...toCheck, ...made.filter(one => !one.first)];
  const once = Object.keys(state.result.fields).filter(name => verdictOf(state, name) === "single" && state.values[name] !== null).length;
  const compared = Object.keys(state.result.fields).some(name => ["verified", "agree"].includes(verdictOf(state, name)));
  if (!all.length && compared) all.push({ text: words().allWell, level: "well" });
  if (once && !all.some(one => one.level === "bad")) all.push({ text: tell("allOnce", { n: once }), level: "remark" });
  return all.filter((one, index) => all.findIndex(other => other.text === one.text) === index);
}
