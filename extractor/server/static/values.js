// A field's value: as the service has it, as a person reads it, and as a person types it.

import { countryCode, countryName } from "./countries.js";
import { typedDate } from "./dates.js";
import { kindName, words } from "./words.js";

/** A value as it is written. */
export function shown(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? words().yes : words().no;
  if (Array.isArray(value)) return value.join("\n");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** How a field stands now: as it was read, or corrected by the person. */
export const verdictOf = (state, name) => state.edited.has(name) ? "edited" : state.result.fields[name].verdict;

/** Codes of kinds of documents by their first letter (ICAO Doc 9303-3, table 2); others are of the schema's own kind. */
const KINDS = { P: "passport", V: "visa" };

/** A value in the page's language: states, sexes and kinds of document by name. */
export function inWords(state, name, value = state.values[name]) {
  if (typeof value !== "string") return shown(value);
  const kind = state.kinds[name];
  if (kind === "sex") return words().sexes[value] || value;
  if (kind === "state") return countryName(value);
  if (name === "document_type" && /^[A-Z]{1,2}$/.test(value)) return `${kindName(KINDS[value[0]] || state.result.schema)} (${value})`;
  return value;
}

/** What the person has typed, as the field's type has it: `{ value }`, null for nothing, or `{ wrong }`, the word that says why not. */
export function typed(name, kind, text) {
  const trimmed = text.trim();
  if (!trimmed) return { value: null };
  if (kind === "flag") return { value: trimmed === "true" };
  if (kind === "list" || kind === "mrz") return { value: trimmed.split("\n").map(line => line.trim()).filter(Boolean) };
  if (kind === "date") {
    const value = typedDate(trimmed, name);
    return value ? { value } : { wrong: "notDate" };
  }
  if (kind === "state") {
    const value = countryCode(trimmed);
    return value ? { value } : { wrong: "notState" };
  }
  return { value: trimmed.replace(/\s*\n\s*/g, " ") };
}
