// What was read, shown: the page with the fields' places, and the fields with what each source said.

import { fieldName, inWords, words } from "./words.js";

const $ = id => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const MARKS = { verified: "✓", agree: "✓", single: "·", conflict: "≠", unsupported: "?", absent: "–" };

/** An element with a class, attributes and children; text is always text. */
export function make(tag, className, children = [], attributes = {}) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...[children].flat().filter(child => child !== null && child !== undefined));
  return node;
}

/** A value as a person reads it. */
export function shown(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? words().yes : words().no;
  if (Array.isArray(value)) return value.join("\n");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** How a field stands now: as it was read, or corrected by the person. */
export const verdictOf = (state, name) => state.edited.has(name) ? "edited" : state.result.fields[name].verdict;

/** Fields somebody should look at, in the document's order. */
export function issues(state) {
  const warned = new Set(state.result.warnings.filter(one => one.code !== "names_truncated").map(one => one.field));
  return Object.keys(state.result.fields).filter(name => {
    const verdict = verdictOf(state, name);
    return verdict === "conflict" || verdict === "unsupported" || (warned.has(name) && verdict !== "edited");
  });
}

// The page

/** Draws page `state.page` and the places on it. */
export function showPage(state) {
  const page = state.result.pages[state.page];
  const picture = $("picture");
  if (picture.getAttribute("src") !== state.pictures[state.page]) picture.src = state.pictures[state.page];
  picture.alt = words().page(state.page + 1);
  const boxes = $("boxes");
  boxes.setAttribute("viewBox", `0 0 ${page.width} ${page.height}`);
  boxes.setAttribute("preserveAspectRatio", "none");
  boxes.replaceChildren();
  delete boxes.dataset.pointing;
  readOut(state, null);
  const drawn = Object.entries(state.result.fields).filter(([, one]) => one.box && one.box.page === state.page && one.value !== null);
  // Large places first, so that a small one inside them can be pointed at.
  drawn.sort(([, a], [, b]) => area(b.box) - area(a.box));
  for (const [name, one] of drawn) boxes.append(polygon(one.box, `box ${verdictOf(state, name)}`, name));
  fit(state);
  showPages(state);
}

function area(box) {
  const xs = box.points.map(point => point[0]);
  const ys = box.points.map(point => point[1]);
  return (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
}

function polygon(box, className, name) {
  const node = document.createElementNS(SVG, "polygon");
  node.setAttribute("points", box.points.map(point => point.join(",")).join(" "));
  node.setAttribute("class", className);
  node.dataset.name = name;
  return node;
}

/** Gives the sheet its size: the whole page inside the canvas, times the zoom. */
export function fit(state) {
  const page = state.result.pages[state.page];
  const canvas = $("canvas");
  const scale = Math.min((canvas.clientWidth - 24) / page.width, (canvas.clientHeight - 24) / page.height);
  $("sheet").style.width = `${Math.max(60, page.width * scale * state.zoom)}px`;
  $("sheet").style.height = `${Math.max(40, page.height * scale * state.zoom)}px`;
}

function showPages(state) {
  const list = $("pages");
  list.replaceChildren();
  if (state.result.pages.length < 2) return;
  state.result.pages.forEach((page, index) => {
    const button = make("button", "tab", String(index + 1), { "aria-label": words().page(index + 1) });
    button.setAttribute("aria-pressed", String(index === state.page));
    button.dataset.page = index;
    list.append(button);
  });
}

/** Marks a field on the page: its own place, and dashed those of its other sources. */
export function highlight(state, name) {
  document.querySelectorAll(".field.active").forEach(node => node.classList.remove("active"));
  if (name) document.querySelector(`.field[data-name="${name}"]`)?.classList.add("active");
  const boxes = $("boxes");
  // A box that moves under the pointer, even to where it is already, takes the click away from itself.
  if (boxes.dataset.pointing === (name || "")) return;
  boxes.dataset.pointing = name || "";
  readOut(state, name);
  boxes.querySelectorAll(".other").forEach(node => node.remove());
  boxes.querySelectorAll(".active").forEach(node => node.classList.remove("active"));
  boxes.classList.toggle("pointing", Boolean(name));
  if (!name) return;
  const one = state.result.fields[name];
  for (const source of one.sources) {
    if (source.box && source.box.page === state.page && !same(source.box, one.box)) boxes.append(polygon(source.box, "other", name));
  }
  const own = boxes.querySelector(`.box[data-name="${name}"]`);
  if (!own) return;
  own.classList.add("active");
  boxes.append(own);
  scrollTo(state, one.box);
}

/** Says below the page, in the legend's place, what each source has read of the field that is pointed at. */
function readOut(state, name) {
  $("legend").classList.toggle("away", Boolean(name));
  if (!name) {
    $("readout").replaceChildren();
    return;
  }
  const word = words();
  const one = state.result.fields[name];
  const verdict = verdictOf(state, name);
  const sure = verdict === "edited" || one.value === null ? "" : ` · ${word.confidence} ${Math.round(one.confidence * 100)}%`;
  const said = one.sources.map(source => make("span", "", [
    make("em", "", word.kinds[source.kind]), " ", make("b", "", shown(source.value) || source.text || word.noValue),
    ` ${Math.round(source.confidence * 100)}%`,
  ]));
  $("readout").replaceChildren(
    make("p", verdict, [make("b", "", fieldName(name)), " ", make("i", "", `${verdict === "edited" ? word.edited : word.verdicts[verdict]}${sure}`)]),
    make("p", "said", said.length ? said : word.noSources),
  );
}

function scrollTo(state, box) {
  const canvas = $("canvas");
  const scale = $("sheet").clientWidth / state.result.pages[state.page].width;
  const xs = box.points.map(point => point[0] * scale);
  const ys = box.points.map(point => point[1] * scale);
  const sheet = $("sheet");
  const [left, right] = [Math.min(...xs) + sheet.offsetLeft, Math.max(...xs) + sheet.offsetLeft];
  const [top, bottom] = [Math.min(...ys) + sheet.offsetTop, Math.max(...ys) + sheet.offsetTop];
  const outside = left < canvas.scrollLeft || right > canvas.scrollLeft + canvas.clientWidth
    || top < canvas.scrollTop || bottom > canvas.scrollTop + canvas.clientHeight;
  if (outside) canvas.scrollTo({ left: (left + right - canvas.clientWidth) / 2, top: (top + bottom - canvas.clientHeight) / 2 });
}

/** The piece of the page a box marks, laid upright: what a source has looked at. */
function crop(state, box) {
  const picture = $("picture");
  if (!box || box.page !== state.page || !picture.naturalWidth) return null;
  const page = state.result.pages[box.page];
  const factor = picture.naturalWidth / page.width;
  const [a, b, , d] = box.points.map(([x, y]) => [x * factor, y * factor]);
  const width = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
  const height = Math.hypot(d[0] - a[0], d[1] - a[1]) || 1;
  const margin = 0.35 * Math.min(width, height);
  const scale = Math.min(56 / (height + 2 * margin), 640 / (width + 2 * margin), 4);
  const canvas = make("canvas", "crop", [], { "aria-hidden": "true" });
  canvas.width = Math.round((width + 2 * margin) * scale);
  canvas.height = Math.round((height + 2 * margin) * scale);
  const [ux, uy, vx, vy] = [(b[0] - a[0]) / width, (b[1] - a[1]) / width, (d[0] - a[0]) / height, (d[1] - a[1]) / height];
  const turn = ux * vy - uy * vx || 1;
  const [m11, m12, m21, m22] = [vy / turn, -uy / turn, -vx / turn, ux / turn];
  const shift = [-(m11 * a[0] + m21 * a[1]) + margin, -(m12 * a[0] + m22 * a[1]) + margin];
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.setTransform(m11 * scale, m12 * scale, m21 * scale, m22 * scale, shift[0] * scale, shift[1] * scale);
  context.drawImage(picture, 0, 0);
  return canvas;
}

// The fields

/** Writes heading, tally and warnings. */
export function showSummary(state) {
  const word = words();
  const { result } = state;
  $("title").textContent = word.schemas[result.schema] || result.schema || word.custom;
  const seconds = Object.values(result.seconds).reduce((sum, value) => sum + value, 0);
  $("meta").textContent = [result.engine.name, word.pagesOf(result.pages.length), `${seconds.toFixed(1)} s`].join(" · ");
  const counts = {};
  for (const name of Object.keys(result.fields)) {
    const verdict = verdictOf(state, name);
    counts[verdict] = (counts[verdict] || 0) + 1;
  }
  const order = ["conflict", "unsupported", "verified", "agree", "single", "edited"].filter(verdict => counts[verdict]);
  $("tally").replaceChildren(...order.map(verdict => make("li", `chip ${verdict}`,
    [make("b", "", String(counts[verdict])), ` ${verdict === "edited" ? word.edited : word.verdicts[verdict]}`])));
  $("legend").replaceChildren(...order.map(verdict => make("span", `key ${verdict}`,
    verdict === "edited" ? word.edited : word.verdicts[verdict])));
  const open = issues(state);
  const list = $("warnings");
  list.replaceChildren();
  const shown = new Set();
  for (const warning of result.warnings) {
    const name = warning.field;
    if (warning.code === "conflict" || (name && state.edited.has(name))) continue;
    const message = word.warnings[warning.code] || warning.message;
    const text = name && word.warnings[warning.code] ? `${fieldName(name)}：${message}` : message;
    if (shown.has(text)) continue;
    shown.add(text);
    list.append(make("li", "", name && result.fields[name] ? make("button", "link", text, { "data-goto": name }) : text));
  }
  if (open.length) list.prepend(make("li", "first", make("button", "link", word.stateOf(open.length), { "data-goto": open[0] })));
  else if (!shown.size) list.append(make("li", "well", word.allWell));
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
  $("absent-title").textContent = words().absentTitle(absent.length);
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
  const warned = state.result.warnings.some(warning => warning.field === name && warning.code !== "conflict");
  const field = make("div", `field ${verdict}${warned && verdict !== "edited" ? " warned" : ""}`, [], { role: "listitem", "data-name": name });
  const said = verdict === "edited" ? word.edited : word.verdicts[verdict];
  const sure = verdict === "edited" || one.value === null ? "" : `${Math.round(one.confidence * 100)}`;
  const value = inWords(name, state.values[name]) || shown(state.values[name]);
  const row = make("button", "row", [
    make("span", "mark", verdict === "edited" ? "✎" : warned ? "!" : MARKS[verdict], { "aria-hidden": "true" }),
    make("span", "name", fieldName(name)),
    make("span", value ? `value ${/^[A-Z0-9<\s/.-]+$/.test(value) ? "plain" : ""}` : "value none", value || word.nothing),
    make("span", "verdict", said),
    make("span", "sure", sure ? [sure, make("i", "", "%")] : [], sure ? { title: word.confidence } : {}),
  ], { "aria-expanded": String(open), type: "button" });
  field.append(row);
  if (value) field.append(make("button", "copy", "⧉", { type: "button", "data-copy": name, title: word.copy, "aria-label": `${word.copy}: ${fieldName(name)}` }));
  if (verdict === "conflict") field.append(contradiction(one));
  if (open) field.append(detail(state, name));
  return field;
}

/** The readings that contradict each other, on one line, seen without opening anything. */
function contradiction(one) {
  const seen = new Set();
  const parts = [];
  for (const source of one.sources) {
    const text = shown(source.value) || source.text || words().noValue;
    if (seen.has(source.kind + text)) continue;
    seen.add(source.kind + text);
    parts.push(make("span", "", [make("em", "", words().kinds[source.kind]), " ", make("b", "", text)]));
  }
  return make("p", "against", parts);
}

function detail(state, name) {
  const word = words();
  const one = state.result.fields[name];
  const box = make("div", "detail");
  const cut = crop(state, one.box);
  if (cut) box.append(cut);
  box.append(make("div", "edit", [make("label", "", word.value, { for: `edit-${name}` }), editor(state, name)]));
  if (state.edited.has(name)) box.append(make("button", "link undo", word.undo, { "data-undo": name, type: "button" }));
  const verdict = state.edited.has(name) ? "" : word.verdictLong[one.verdict];
  if (verdict || one.note) box.append(make("p", "why", [verdict, one.note && !state.edited.has(name) ? make("span", "note", ` ${one.note}`) : null]));
  if (!one.sources.length) return box;
  const rows = one.sources.map((source, index) => {
    const text = shown(source.value) || source.text;
    const used = same(source.value, state.values[name]);
    const action = source.value === null ? "" : used ? make("span", "used", word.adopted)
      : make("button", "link", word.adopt, { "data-adopt": index, "data-name": name, type: "button" });
    return make("tr", used ? "used" : "", [
      make("th", "", word.kinds[source.kind], { scope: "row" }),
      make("td", "read", [text, source.text && source.text !== text ? make("small", "", source.text) : null]),
      make("td", "basis", [source.proven ? make("span", "proof", word.proven) : null, make("small", "", source.basis)]),
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
  const marks = { id: `edit-${name}`, "data-edit": name, "data-kind": kind };
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
  const input = make("input", "", [], { ...marks, spellcheck: "false", autocomplete: "off", placeholder: kind === "date" ? "YYYY-MM-DD" : word.clear });
  input.value = shown(value);
  return input;
}

/** What the person has written, as the field's type has it; null for nothing. */
export function edited(node) {
  const text = node.value.trim();
  if (!text) return null;
  if (node.dataset.kind === "flag") return text === "true";
  if (node.dataset.kind === "list" || node.dataset.kind === "mrz") return text.split("\n").map(line => line.trim()).filter(Boolean);
  if (node.dataset.kind === "date") return typedDate(text);
  return text.replace(/\s*\n\s*/g, " ");
}

/** A date as people type it (12.8.1974, 12/08/1974, 1974 8 12) as year-month-day; day before month, unless that cannot be. */
export function typedDate(text) {
  const parts = text.match(/^(\d{1,4})[\s./-]+(\d{1,2})[\s./-]+(\d{1,4})$/);
  if (!parts) return text;
  let [day, month, year] = parts[1].length === 4 ? [parts[3], parts[2], parts[1]] : [parts[1], parts[2], parts[3]];
  if (year.length !== 4) return text;
  if (Number(month) > 12 && Number(day) <= 12) [day, month] = [month, day];
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
}
