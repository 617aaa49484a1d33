// The row of documents: a record each, which two may be joined as sides of one, and what is offered to be joined.

import { pairs } from "./api.js";
import { make, quoted } from "./sheet.js";
import { kindName, tell, words } from "./words.js";

const $ = id => document.getElementById(id);
let made = 0;
/** Pairs of records that a person has kept or taken apart. */
const refused = new Set();
const keyOf = (one, other) => `${one.id} ${other.id}`;

/** A record of files that are one document. `parts` are the records that it was joined from, each with what was read;
 * `place` is its number among the documents on the files, null as long as nobody knows how many there are. */
export function recordOf(files, parts = [], place = null) {
  made += 1;
  return { id: made, files, parts, place, state: null, problem: null, reading: false, thumbnail: parts[0]?.thumbnail ?? thumbnailOf(files[0]) };
}

const thumbnailOf = file => file.type.startsWith("image/") && !/hei[cf]|tiff/.test(file.type) ? URL.createObjectURL(file) : null;

/** Gives back what pictures of pages hold. */
export const drop = pictures => pictures.forEach(url => url.startsWith("blob:") && URL.revokeObjectURL(url));

/** Gives back what a record's pictures hold. */
export function release(record) {
  if (record.thumbnail && !record.parts.length) URL.revokeObjectURL(record.thumbnail);
  drop(record.state?.pictures ?? []);
  record.parts.forEach(release);
}

/** What a record is called in the queue. */
export function nameOf(record) {
  const { state } = record;
  if (record.reading) return words().reading;
  if (!state) return record.problem ? words().failed : words().waiting;
  return ["surname", "given_names"].map(field => state.values[field]).filter(Boolean).join(", ") || state.values.name || kindName(state.result.schema);
}

/** Draws the row; `current` is the record that is shown. */
export function showQueue(records, current) {
  const focused = document.activeElement?.dataset?.record;
  $("queue").hidden = records.length < 2 && (records.length < 1 || Boolean(current?.state));
  $("join").hidden = !current || records.indexOf(current) < 1;
  $("apart").hidden = !current?.parts.length;
  $("all").hidden = records.filter(one => one.state).length < 2;
  $("queue").replaceChildren(...records.flatMap((record, index) => {
    const picture = record.thumbnail ? make("img", "", [], { src: record.thumbnail, alt: "" }) : make("span", "blank", "PDF", { "aria-hidden": "true" });
    const text = quoted("span", "", `${index + 1}. ${nameOf(record)}`);
    const button = make("button", record.problem ? "record bad" : "record", [picture, text], { type: "button", "data-record": index });
    button.setAttribute("aria-pressed", String(record === current));
    if (!record.problem || record.state) return button;
    // One that was not read is tried again by its button, and taken away by another.
    const label = `${words().remove}${words().colon}${index + 1}`;
    return [button, make("button", "away", "✕", { type: "button", "data-away": index, title: label, "aria-label": label })];
  }));
  bringIntoView($("queue"), $("queue").querySelector('[aria-pressed="true"]'));
  if (focused !== undefined) $("queue").querySelector(`[data-record="${focused}"]`)?.focus();
}

/** Scrolls a row sideways until a button of it is seen; the page stays where it is. */
function bringIntoView(row, button) {
  if (!button) return;
  const [inner, outer] = [button.getBoundingClientRect(), row.getBoundingClientRect()];
  if (inner.left < outer.left) row.scrollLeft += inner.left - outer.left - 16;
  else if (inner.right > outer.right) row.scrollLeft += inner.right - outer.right + 16;
}

const COMPARED = ["document_number", "personal_number", "passport_number", "surname", "given_names", "name", "birth_date", "expiry_date", "issue_date"];

/** What was read of a record, for the service to compare: every reading of what says whose document it is. */
function said({ state }) {
  if (!state) return { schema: null, fields: {} };
  const { result } = state;
  const fields = {};
  for (const name of COMPARED) {
    const one = result.fields[name];
    if (!one) continue;
    const texts = new Set([one.value, state.values[name], ...one.sources.map(source => source.value)].filter(text => typeof text === "string"));
    if (texts.size) fields[name] = [...texts].slice(0, 20);
  }
  const lines = result.fields.mrz?.value;
  return { schema: result.schema, fields: lines ? { ...fields, mrz: lines } : fields };
}

/** Two records that the service takes for sides of one document, and that nobody has kept apart; null for none. */
export async function findOffer(records) {
  const ready = records.filter(one => !one.reading && !one.parts.length && (one.state || one.problem?.kind === "no-document")).slice(0, 100);
  if (ready.length < 2 || !ready.some(one => one.state)) return null;
  const { groups } = await pairs(ready.map(said));
  for (const group of groups) {
    const [one, other] = group.map(number => ready[number]);
    if (other && !refused.has(keyOf(one, other))) return [one, other];
  }
  return null;
}

/** Keeps two records from being offered again. */
export const refuse = (one, other) => refused.add(keyOf(one, other));

/** Shows an offer, or takes it away. */
export function showOffer(records, offer) {
  $("offer").hidden = !offer;
  if (!offer) return;
  const [a, b] = offer.map(record => `${records.indexOf(record) + 1}. ${nameOf(record)}`);
  $("offer-text").textContent = tell("offer", { a: `\u2068${a}\u2069`, b: `\u2068${b}\u2069` });
}
