// What was read: the heading, what is to be done, and the fields with what each source said.

import { exampleDate } from "./dates.js";
import { ageOf, isWarned, notices } from "./notices.js";
import { crop, make, quoted } from "./sheet.js";
import { inWords, same, shown, verdictOf } from "./values.js";
import { fieldName, inSeconds, kindName, tell, words } from "./words.js";

const $ = id => document.getElementById(id);
const MARKS = { verified: "✓", agree: "✓", single: "·", conflict: "≠", unsupported: "?", absent: "–", edited: "✎" };

const saidOf = verdict => verdict === "edited" ? words().edited : words().verdicts[verdict];

/** Writes the heading, what is to be done, and the tally. */
export function showSummary(state) {
  const { result } = state;
  $("title").textContent = kindName(result.schema);
  const seconds = Object.values(result.seconds).reduce((sum, value) => sum + value, 0);
  const age = ageOf(state);
  $("meta").textContent = [age === null ? null : tell("age", { n: age }), tell("pagesOf", { n: result.pages.length }), inSeconds(seconds)]
    .filter(Boolean).join(" · ");
  const counts = {};
  for (const name of Object.keys(result.fields)) {
    const verdict = verdictOf(state, name);
    counts[verdict] = (counts[verdict] || 0) + 1;
  }
  const order = ["conflict", "unsupported", "verified", "agree", "single", "edited"].filter(verdict => counts[verdict]);
  $("tally").replaceChildren(...order.map(verdict => make("li", `chip ${verdict}`, [make("b", "", String(counts[verdict])), ` ${saidOf(verdict)}`])));
  $("legend").replaceChildren(...order.map(verdict => make("span", `key ${verdict}`, saidOf(verdict))));
  $("warnings").replaceChildren(...notices(state).map(one => make("li", one.key ? `${one.level} ${one.key}` : one.level,
    one.field ? make("button", "link", one.text, { type: "button", "data-goto": one.field }) : one.text)));
}

/** Writes the list of fields; `state.open` is the one that shows its sources. */
export function showFields(state) {
  const present = [];
  const absent = [];
  for (const name of Object.keys(state.result.fields)) {
    const silent = state.values[name] === null && !state.edited.has(name) && state.result.fields[name].verdict !== "conflict";
    (silent ? absent : present).push(fieldRow(state, name));
  }
  $("fields").replaceChildren(...present);
  $("absent-fields").replaceChildren(...absent);
  $("absent").hidden = !absent.length;
  $("absent-title").textContent = tell("absentTitle", { n: absent.length });
}

/** Redraws one field in place. */
export function refreshField(state, name) {
  const old = document.querySelector(`.field[data-name="${name}"]`);
  const hadFocus = old?.contains(document.activeElement);
  const row = fieldRow(state, name);
  old?.replaceWith(row);
  if (hadFocus) row.querySelector(".row").focus();
}

function fieldRow(state, name) {
  const word = words();
  const one = state.result.fields[name];
  const verdict = verdictOf(state, name);
  const open = state.open === name;
  const wrong = state.wrong.has(name);
  const warned = isWarned(state, name) && verdict !== "edited";
  const field = make("div", `field ${verdict}${warned ? " warned" : ""}${wrong ? " wrong" : ""}`, [], { role: "listitem", "data-name": name });
  const sure = verdict === "edited" || one.value === null ? "" : `${Math.round(one.confidence * 100)}`;
  const value = inWords(state, name);
  const row = make("button", "row", [
    make("span", "mark", warned || wrong ? "!" : MARKS[verdict], { "aria-hidden": "true" }),
    make("span", "name", fieldName(name)),
    value ? quoted("span", name === "mrz" ? "value lines" : "value", value) : make("span", "value none", word.nothing),
    make("span", "verdict", saidOf(verdict)),
    make("span", "sure", sure ? [sure, make("i", "", "%")] : [], sure ? { title: word.confidence } : {}),
  ], { "aria-expanded": String(open), type: "button" });
  field.append(row);
  if (value) field.append(make("button", "copy", "⧉", { type: "button", "data-copy": name, title: word.copy, "aria-label": `${word.copy}${word.colon}${fieldName(name)}` }));
  if (verdict === "conflict") field.append(contradiction(state, name));
  if (open) field.append(detail(state, name));
  return field;
}

/** The readings that contradict each other, on one line, seen without opening anything. */
function contradiction(state, name) {
  const one = state.result.fields[name];
  const seen = new Set();
  const parts = [];
  for (const source of one.sources) {
    const text = inWords(state, name, source.value) || source.text || words().noValue;
    if (seen.has(source.kind + text)) continue;
    seen.add(source.kind + text);
    parts.push(make("span", "", [make("em", "", words().kinds[source.kind]), " ", quoted("b", "", text)]));
  }
  return make("p", "against", parts);
}

function detail(state, name) {
  const word = words();
  const one = state.result.fields[name];
  const box = make("div", "detail");
  const cut = crop(state, one.box);
  if (cut) box.append(cut);
  const wrong = state.wrong.get(name);
  box.append(make("div", "edit", [make("label", "", word.value, { for: `edit-${name}` }), editor(state, name),
    wrong ? make("p", "mistake", tell(wrong.word, { example: exampleDate() }), { id: `mistake-${name}`, role: "alert" }) : null]));
  if (state.edited.has(name) || wrong) box.append(make("button", "link undo", word.undo, { "data-undo": name, type: "button" }));
  if (!state.edited.has(name)) box.append(make("p", "why", word.verdictLong[one.verdict]));
  if (!one.sources.length) return box;
  const rows = one.sources.map((source, index) => {
    const text = inWords(state, name, source.value) || source.text;
    const used = same(source.value, state.values[name]);
    const action = source.value === null ? "" : used ? make("span", "used", word.adopted)
      : make("button", "link", word.adopt, { "data-adopt": index, "data-name": name, type: "button" });
    const printed = source.text && source.text !== text ? quoted("small", "", source.text) : null;
    return make("tr", used ? "used" : "", [
      make("th", "", word.kinds[source.kind], { scope: "row" }),
      make("td", "read", [quoted("span", "", text), printed, source.proven ? make("small", "proof", word.proven) : null]),
      make("td", "number", `${Math.round(source.confidence * 100)}%`),
      make("td", "", action),
    ]);
  });
  box.append(make("table", "sources", [make("caption", "", word.sources), make("tbody", "", rows)]));
  return box;
}

function editor(state, name) {
  const word = words();
  const kind = state.kinds[name] || "text";
  const value = state.values[name];
  const wrong = state.wrong.get(name);
  const marks = { id: `edit-${name}`, "data-edit": name, "data-kind": kind, dir: "auto",
    ...(wrong ? { "aria-invalid": "true", "aria-describedby": `mistake-${name}` } : {}) };
  if (kind === "sex" || kind === "flag") {
    const choices = kind === "sex" ? [["", word.clear], ...["M", "F", "X"].map(sex => [sex, word.sexes[sex]])]
      : [["", word.clear], ["true", word.yes], ["false", word.no]];
    const select = make("select", "", choices.map(([key, text]) => make("option", "", text, { value: key })), marks);
    select.value = value === null ? "" : String(value);
    return select;
  }
  if (kind === "list" || kind === "mrz" || kind === "address") {
    const area = make("textarea", kind === "mrz" ? "mono" : "", [], { ...marks, rows: kind === "mrz" ? 3 : 2, spellcheck: "false" });
    area.value = shown(value);
    return area;
  }
  const input = make("input", "", [], { ...marks, spellcheck: "false", autocomplete: "off", placeholder: kind === "date" ? exampleDate() : word.clear });
  input.value = wrong ? wrong.text : kind === "state" ? inWords(state, name) : shown(value);
  return input;
}
