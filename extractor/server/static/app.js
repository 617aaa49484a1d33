// The page's state and what its controls do. What is shown is made by sheet.js, fields.js and queue.js, what is said to the service by api.js.

import { ServiceError, hasKey, listEngines, listSchemas, read, specimens, useKey } from "./api.js";
import { listen, offerExamples, renameExamples } from "./capture.js";
import { listenToFields, pointAt } from "./editing.js";
import { asCsv, asJson, asText, asVCard, download } from "./export.js";
import { showFields, showSummary } from "./fields.js";
import { drop, findOffer, recordOf, refuse, release, showOffer, showQueue } from "./queue.js";
import { saveShown } from "./saving.js";
import { fit, make, showPage } from "./sheet.js";
import { inWords } from "./values.js";
import { fieldName, fillWords, inSeconds, kindName, switchLanguage, tell, words } from "./words.js";

const $ = id => document.getElementById(id);
let current = null;
const records = [];
let schemas = [];
let addTo = null;
let offer = null;
let labelling = null;
const state = () => current?.state ?? null;

// Reading

/** Each file is a record of its own, unless it is added to the one that is shown. */
async function take(files) {
  if (addTo) {
    const record = addTo;
    addTo = null;
    if (records.includes(record)) await join(record, recordOf(files));
    return;
  }
  const added = files.map(file => recordOf([file]));
  records.push(...added);
  drawQueue();
  for (const record of added) {
    if (records.includes(record)) await readRecord(record, record !== added[0]);
  }
  await lookForSides();
}

/** Reads a record; behind others it stays behind, and is shown only where nothing is. What was corrected stays so. */
async function readRecord(record, behind = false) {
  record.reading = true;
  drawQueue();
  if (!behind) busy(words().reading);
  try {
    const found = await read(record.files, $("schema").value, record.parts.length > 0);
    const own = records.includes(record) ? found[record.place ?? 0] ?? found[0] : null;
    if (own) takeIn(record, own);
    if (own && record.place === null) addOthers(record, found.slice(1));
    else found.filter(one => one !== own).forEach(one => drop(one.pictures));
    if (!own) return;
    if (record === current || !behind || !state()) show(record);
  } catch (error) {
    record.problem = error;
    if (records.length === 1 && !record.state && !record.parts.length) forget(record);
    const isTwo = record.parts.length > 0 && error.kind === "no-document";
    if (!behind || records.length < 2) say(isTwo ? words().notOne : error);
  } finally {
    record.reading = false;
    if (!behind) busy(null);
    drawQueue();
  }
}

function takeIn(record, { result, pictures }) {
  const before = [record, ...record.parts].map(one => one.state).filter(Boolean);
  drop(record.state?.pictures ?? []);
  record.state = stateOf(record, result, pictures, before);
  record.problem = null;
}

/** Other documents on the same file are records of their own. */
function addOthers(record, found) {
  record.place = 0;
  const others = found.map((one, index) => {
    const other = recordOf(record.files, [], index + 1);
    takeIn(other, one);
    return other;
  });
  records.splice(records.indexOf(record) + 1, 0, ...others);
}

function stateOf(record, result, pictures, before) {
  const values = Object.fromEntries(Object.entries(result.fields).map(([name, one]) => [name, one.value]));
  const known = schemas.find(one => one.name === result.schema);
  const kinds = Object.fromEntries((known?.fields || []).map(field => [field.name, field.kind]));
  const edited = new Set();
  for (const one of before) {
    for (const name of one.edited) {
      if (!(name in values)) continue;
      values[name] = one.values[name];
      edited.add(name);
    }
  }
  return { files: record.files, result, pictures, values, kinds, edited, wrong: new Map(), page: result.regions[0]?.page ?? 0, zoom: 1, open: null, unsaved: edited.size > 0 };
}

function show(record, announced = true) {
  current = record;
  document.body.dataset.state = "read";
  $("start").hidden = true;
  $("work").hidden = false;
  $("picture").onload = () => showPage(state());
  redraw();
  $("main").focus({ preventScroll: true });
  scrollTo(0, 0);
  if (!announced) return;
  const { result } = state();
  toast(tell("read", { what: kindName(result.schema), seconds: inSeconds(Object.values(result.seconds).reduce((a, b) => a + b, 0)) }));
}

function redraw() {
  drawQueue();
  if (!state()) return;
  showPage(state());
  showSummary(state());
  showFields(state());
}

/** The start page; what was read and corrected stays in the queue. */
function startOver() {
  current = null;
  document.body.dataset.state = "empty";
  $("work").hidden = true;
  $("start").hidden = false;
  $("picture").removeAttribute("src");
  drawQueue();
  $("choose").focus();
}

function forget(record) {
  release(record);
  records.splice(records.indexOf(record), 1);
  if (record === current) {
    const next = records.find(one => one.state);
    if (next) show(next);
    else startOver();
  }
  if (offer?.includes(record)) offer = null;
  drawQueue();
}

// Records: the row, sides that are joined and taken apart

function drawQueue() {
  showQueue(records, current);
  showOffer(records, offer);
}

/** Offers two records that look like sides of one document. Where the service cannot say, nothing is offered. */
async function lookForSides() {
  try {
    offer = await findOffer(records);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    offer = null;
  }
  if (offer && !offer.every(record => records.includes(record))) offer = null;
  drawQueue();
}

async function join(one, other) {
  const joined = recordOf([...new Set([...one.files, ...other.files])], [one, other]);
  records.splice(records.indexOf(one), 1, joined);
  if (records.includes(other)) records.splice(records.indexOf(other), 1);
  offer = null;
  await readRecord(joined);
  if (!joined.state) takeApart(joined);
  await lookForSides();
}

/** Puts a record's parts back in its place, with what was corrected since. */
function takeApart(record) {
  for (const name of record.state?.edited ?? []) {
    const part = record.parts.find(one => one.state?.result.fields[name]?.value != null) ?? record.parts.find(one => one.state && name in one.state.values);
    if (!part) continue;
    part.state.values[name] = record.state.values[name];
    part.state.edited.add(name);
  }
  const [one, other] = record.parts;
  refuse(one, other);
  drop(record.state?.pictures ?? []);
  records.splice(records.indexOf(record), 1, one, other);
  const shown = record.parts.find(part => part.state);
  if (shown) show(shown, false);
  else startOver();
  for (const part of record.parts) {
    if (!part.state && !part.problem) readRecord(part, true);
  }
}

$("queue").addEventListener("click", event => {
  const target = event.target.closest("[data-record], [data-away]");
  const record = records[target?.dataset.record ?? target?.dataset.away];
  if (!record) return;
  if (target.dataset.away) forget(record);
  else if (record.state) show(record);
  else if (record.problem && !record.reading) readRecord(record).then(lookForSides);
});
$("remove").addEventListener("click", () => current && forget(current));
$("join").addEventListener("click", () => join(records[records.indexOf(current) - 1], current));
$("apart").addEventListener("click", () => takeApart(current));
$("offer-yes").addEventListener("click", () => offer && join(...offer));
$("offer-no").addEventListener("click", () => {
  refuse(...offer);
  $("main").focus({ preventScroll: true });
  lookForSides();
});

// Fields, pages and zoom

listenToFields({ state, changed, copy: name => copyText(inWords(state(), name)) });

function changed() {
  state().unsaved = state().edited.size > 0;
  drawQueue();
}
// A click on the page's name, or a tab closed by mistake, does not lose what was typed.
addEventListener("beforeunload", event => {
  if (records.some(one => one.state?.unsaved)) event.preventDefault();
});

$("pages").addEventListener("click", event => {
  if (event.target.dataset.page === undefined) return;
  state().page = Number(event.target.dataset.page);
  showPage(state());
});
function zoom(factor) {
  state().zoom = factor ? Math.min(8, Math.max(0.5, state().zoom * factor)) : 1;
  fit(state());
}
$("zoom-in").addEventListener("click", () => zoom(1.5));
$("zoom-out").addEventListener("click", () => zoom(1 / 1.5));
$("zoom-fit").addEventListener("click", () => zoom(0));
$("canvas").addEventListener("keydown", event => {
  const factors = { "+": 1.5, "=": 1.5, "-": 1 / 1.5, 0: 0 };
  if (event.key in factors) zoom(factors[event.key]);
});
new ResizeObserver(() => state() && fit(state())).observe($("canvas"));

// Out of the page

$("again").addEventListener("click", startOver);
$("side").addEventListener("click", () => {
  addTo = current;
  $("file").click();
});
$("file").addEventListener("cancel", () => { addTo = null; });

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) {
    // Without a secure connection pages have no clipboard; a selected text can still be copied.
    const area = make("textarea", "", text, { "aria-hidden": "true" });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(words().copied, "well");
}

const all = () => !$("all").hidden && $("all").getAttribute("aria-pressed") === "true";
/** The documents that are copied and downloaded: the one shown, or all. */
const chosen = () => all() ? records.map(one => one.state).filter(Boolean) : [state()];
/** The same, to leave the page: what was typed into them is safe then. */
function leaving() {
  const states = chosen();
  states.forEach(one => { one.unsaved = false; });
  return states;
}
$("all").addEventListener("click", () => $("all").setAttribute("aria-pressed", String(!all())));
$("copy").addEventListener("click", () => copyText(asText(leaving())));
for (const [id, type, made] of [["json", "application/json", asJson], ["csv", "text/csv", asCsv], ["vcf", "text/vcard", asVCard]]) {
  $(id).addEventListener("click", () => {
    const states = leaving();
    download(`${states.length > 1 ? "documents" : states[0].result.schema}.${id}`, type, made(states));
  });
}
$("save").addEventListener("click", () => saveShown(state(), { say, toast, go: pointAt }));

// What the page says

function busy(text) {
  $("busy").hidden = !text;
  $("main").inert = Boolean(text);
  $("busy-text").textContent = text || "";
}

let silence = 0;
function toast(text, className = "") {
  const node = $("toast");
  node.textContent = text;
  node.className = `toast ${className}`;
  node.hidden = false;
  clearTimeout(silence);
  silence = setTimeout(() => { node.hidden = true; }, className === "bad" ? 9000 : 3500);
}

function say(error) {
  if (typeof error === "string") {
    toast(error, "bad");
    return;
  }
  if (!(error instanceof ServiceError)) throw error;
  if (error.kind === "unauthorized") askForKey();
  const named = (error.problem?.fields || []).map(fieldName).join(", ");
  const text = words().problems[error.kind] || words().problems["internal-error"];
  toast(named ? `${text} ${named}` : text, "bad");
}

// Access, language, appearance

function askForKey() {
  $("key").hidden = false;
  if (!$("key-dialog").open) $("key-dialog").showModal();
}
$("key").addEventListener("click", askForKey);
$("key-dialog").addEventListener("close", () => {
  if ($("key-dialog").returnValue !== "ok") return;
  useKey($("key-value").value.trim());
  $("key-value").value = "";
  begin();
});

$("language").addEventListener("change", event => {
  switchLanguage(event.target.value);
  nameSchemas();
  renameExamples();
  showEngine();
  showLabelling();
  redraw();
});

const dark = matchMedia("(prefers-color-scheme: dark)");
function paint() {
  const wished = localStorage.getItem("theme");
  const isDark = wished ? wished === "dark" : dark.matches;
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  $("theme").setAttribute("aria-pressed", String(isDark));
}
dark.addEventListener("change", paint);
$("theme").addEventListener("click", () => {
  localStorage.setItem("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  paint();
});

function nameSchemas() {
  const wished = $("schema").value;
  const [first] = $("schema").options;
  $("schema").replaceChildren(first, ...schemas.map(one => new Option(kindName(one.name), one.name)));
  $("schema").value = wished || "auto";
}
$("schema").addEventListener("change", () => current && readRecord(current));

let engine = null;
function showEngine() {
  if (!engine) return;
  $("engine").textContent = engine.loaded ? words().loaded : words().starting;
  $("engine").title = engine.name;
  $("engine").classList.toggle("ready", engine.loaded);
}

async function watchEngine() {
  const { engines } = await listEngines();
  engine = engines.find(one => one.default) || engines[0];
  showEngine();
  if (!engine.loaded) setTimeout(() => watchEngine().catch(say), 1500);
}

/** The labelling mode, only where the service was started for it: what it keeps, where, and until when. */
function showLabelling() {
  for (const id of ["save", "labelling"]) $(id).hidden = !labelling?.enabled;
  $("labelling").textContent = labelling?.enabled ? tell("saveLead", { folder: `\u2068${labelling.folder}\u2069` }) : "";
}

async function begin() {
  try {
    schemas = (await listSchemas()).schemas;
    nameSchemas();
    labelling = await specimens();
    showLabelling();
    $("key").hidden = !hasKey();
    await Promise.all([watchEngine(), offerExamples(take, say)]);
  } catch (error) {
    say(error);
  }
}

paint();
fillWords();
listen(take, say);
begin();
