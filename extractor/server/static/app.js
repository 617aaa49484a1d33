// The page's state and what its controls do. What is shown is made by view.js, what is said to the service by api.js.

import { ServiceError, asCsv, download, hasKey, listEngines, listSchemas, read, saveSpecimen, specimens, useKey } from "./api.js";
import { listen, offerExamples, renameExamples } from "./capture.js";
import { edited, fit, highlight, make, refreshField, same, showFields, shown, showPage, showSummary, verdictOf } from "./view.js";
import { fieldName, fillWords, inWords, learnNames, switchLanguage, words } from "./words.js";

const $ = id => document.getElementById(id);
let state = null;
let current = null;
const records = [];
let schemas = [];
let adding = null;

// Reading

// Each file is a record of its own, unless it is added to the one that is shown.
async function take(files) {
  if (adding) {
    const record = adding;
    adding = null;
    record.files = [...record.files, ...files];
    await readRecord(record);
    return;
  }
  const added = files.map(file => ({ files: [file], state: null, problem: null, thumbnail: thumbnailOf(file) }));
  records.push(...added);
  showQueue();
  for (const record of added) {
    if (records.includes(record)) await readRecord(record, record !== added[0]);
  }
}

/** Reads a record; behind others it stays behind, and is shown only where nothing is. */
async function readRecord(record, behind = false) {
  record.reading = true;
  showQueue();
  if (!behind) busy(words().reading);
  try {
    const { result, pictures } = await read(record.files, $("schema").value);
    release(record);
    const values = Object.fromEntries(Object.entries(result.fields).map(([name, one]) => [name, one.value]));
    const known = schemas.find(one => one.name === result.schema);
    const kinds = Object.fromEntries((known?.fields || []).map(field => [field.name, field.kind]));
    record.state = { files: record.files, result, pictures, values, kinds, edited: new Set(), page: 0, zoom: 1, open: null };
    record.problem = null;
    if (!behind || !state) show(record);
  } catch (error) {
    record.problem = error;
    if (records.length === 1 && !record.state) forget(record);
    if (!behind || records.length < 2) say(error);
  } finally {
    record.reading = false;
    busy(null);
    showQueue();
  }
}

function show(record) {
  current = record;
  state = record.state;
  document.body.dataset.state = "read";
  $("start").hidden = true;
  $("work").hidden = false;
  $("picture").onload = () => showPage(state);
  showPage(state);
  showSummary(state);
  showFields(state);
  showQueue();
  $("main").focus({ preventScroll: true });
  scrollTo(0, 0);
  toast(words().read(words().schemas[state.result.schema] || state.result.schema,
    Object.values(state.result.seconds).reduce((a, b) => a + b, 0).toFixed(1)));
}

/** The start page; what was read and corrected stays in the queue. */
function startOver() {
  current = state = null;
  document.body.dataset.state = "empty";
  $("work").hidden = true;
  $("start").hidden = false;
  $("picture").removeAttribute("src");
  showQueue();
  $("choose").focus();
}

function release(record) {
  record.state?.pictures.forEach(url => url.startsWith("blob:") && URL.revokeObjectURL(url));
}

function forget(record) {
  release(record);
  if (record.thumbnail) URL.revokeObjectURL(record.thumbnail);
  records.splice(records.indexOf(record), 1);
  if (record === current) {
    const next = records.find(one => one.state);
    if (next) show(next);
    else startOver();
  }
  showQueue();
}

const thumbnailOf = file => file.type.startsWith("image/") && !/hei[cf]|tiff/.test(file.type) ? URL.createObjectURL(file) : null;

function showQueue() {
  const word = words();
  $("queue").hidden = records.length < 2 && (records.length < 1 || Boolean(state));
  $("join").hidden = !current || records.indexOf(current) < 1;
  $("queue").replaceChildren(...records.map((record, index) => {
    const name = record.state ? ["surname", "given_names", "name"].map(field => record.state.values[field]).filter(Boolean).join(", ") : "";
    const text = name || (record.problem ? word.failed : record.state ? word.schemas[record.state.result.schema] || word.custom : word.waiting);
    const picture = record.thumbnail ? make("img", "", [], { src: record.thumbnail, alt: "" }) : make("span", "blank", "PDF", { "aria-hidden": "true" });
    const button = make("button", record.problem ? "record bad" : "record", [picture, make("span", "", `${index + 1}. ${text}`)], { type: "button", "data-record": index });
    button.setAttribute("aria-pressed", String(record === current));
    return button;
  }));
}

$("queue").addEventListener("click", event => {
  const record = records[event.target.closest("[data-record]")?.dataset.record];
  if (!record) return;
  if (record.state) show(record);
  else if (record.problem) {
    say(record.problem);
    forget(record);
  }
});
$("remove").addEventListener("click", () => current && forget(current));
$("join").addEventListener("click", async () => {
  const before = records[records.indexOf(current) - 1];
  const joined = current;
  before.files = [...before.files, ...joined.files];
  forget(joined);
  await readRecord(before);
});

// Fields

function point(name) {
  if (!state) return;
  const box = name && state.result.fields[name].box;
  if (box && box.page !== state.page) {
    state.page = box.page;
    showPage(state);
  }
  highlight(state, name);
}

function open(name) {
  const before = state.open;
  state.open = before === name ? null : name;
  if (before && before !== name) refreshField(state, before);
  point(name);
  refreshField(state, name);
  point(name);
}

function correct(name, value) {
  if (same(value, state.values[name])) return;
  state.values[name] = value;
  if (same(value, state.result.fields[name].value)) state.edited.delete(name);
  else state.edited.add(name);
  refreshField(state, name);
  showSummary(state);
  showPage(state);
  point(name);
}

function goTo(name) {
  const row = () => document.querySelector(`.field[data-name="${name}"] .row`);
  if ($("absent").contains(row())) $("absent").open = true;
  if (state.open !== name) open(name);
  row().focus();
  row().scrollIntoView({ block: "center" });
}

function move(from, step) {
  const rows = [...document.querySelectorAll(".field .row")].filter(row => row.offsetParent !== null);
  const next = rows[rows.indexOf(from) + step];
  if (next) next.focus();
}

function onFields(event) {
  const target = event.target.closest("[data-adopt], [data-undo], [data-copy], .row");
  if (!target) return;
  const { name } = target.closest(".field").dataset;
  if (target.dataset.copy) {
    copyText(textOf(name));
    return;
  }
  if (target.dataset.adopt) correct(name, state.result.fields[name].sources[target.dataset.adopt].value);
  else if (target.dataset.undo) correct(name, state.result.fields[name].value);
  else open(name);
}

for (const id of ["fields", "absent-fields"]) {
  const list = $(id);
  list.addEventListener("click", onFields);
  list.addEventListener("mouseover", event => point(event.target.closest(".field")?.dataset.name));
  list.addEventListener("mouseleave", () => point(state?.open));
  list.addEventListener("focusin", event => point(event.target.closest(".field")?.dataset.name));
  list.addEventListener("change", event => {
    if (event.target.dataset.edit) correct(event.target.dataset.edit, edited(event.target));
  });
  list.addEventListener("keydown", event => {
    if (event.target.matches(".row") && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      move(event.target, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.target.matches("input[data-edit]") && event.key === "Enter") {
      const name = event.target.dataset.edit;
      event.preventDefault();
      event.target.blur();
      if (state.open === name) open(name);
      document.querySelector(`.field[data-name="${name}"] .row`)?.focus();
    } else if (event.key === "Escape" && state?.open) {
      const name = state.open;
      if (event.target.dataset.edit) event.target.value = "";
      open(name);
      document.querySelector(`.field[data-name="${name}"] .row`)?.focus();
    }
  });
}
$("warnings").addEventListener("click", event => event.target.dataset.goto && goTo(event.target.dataset.goto));
$("boxes").addEventListener("mouseover", event => event.target.dataset.name && point(event.target.dataset.name));
$("boxes").addEventListener("click", event => event.target.dataset.name && goTo(event.target.dataset.name));

// Pages and zoom

$("pages").addEventListener("click", event => {
  if (event.target.dataset.page === undefined) return;
  state.page = Number(event.target.dataset.page);
  showPage(state);
});
function zoom(factor) {
  state.zoom = factor ? Math.min(8, Math.max(0.5, state.zoom * factor)) : 1;
  fit(state);
}
$("zoom-in").addEventListener("click", () => zoom(1.5));
$("zoom-out").addEventListener("click", () => zoom(1 / 1.5));
$("zoom-fit").addEventListener("click", () => zoom(0));
$("canvas").addEventListener("keydown", event => {
  const factors = { "+": 1.5, "=": 1.5, "-": 1 / 1.5, 0: 0 };
  if (event.key in factors) zoom(factors[event.key]);
});
addEventListener("resize", () => state && fit(state));

// Out of the page

$("again").addEventListener("click", startOver);
$("side").addEventListener("click", () => {
  adding = current;
  $("file").click();
});
/** A field as a person writes it down. */
const textOf = name => inWords(name, state.values[name]) || shown(state.values[name]);

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
$("copy").addEventListener("click", () => copyText(Object.keys(state.values).filter(name => state.values[name] !== null)
  .map(name => `${fieldName(name)}: ${textOf(name).replaceAll("\n", " ")}`).join("\n")));
const base = () => `${state.result.schema}`;
$("json").addEventListener("click", () =>
  download(`${base()}.json`, "application/json", `${JSON.stringify(state.values, null, 2)}\n`));
$("csv").addEventListener("click", () => download(`${base()}.csv`, "text/csv", asCsv(state.result.schema, state.values)));

/** One label a file. Of one picture everything is known; of several, what was seen on each. */
function labels() {
  const { files, result, values } = state;
  return files.map((file, index) => {
    const pages = result.pages.map((page, at) => (page.file === index ? at : -1)).filter(at => at >= 0);
    const seen = name => pages.includes(result.fields[name].box?.page);
    const names = Object.keys(values).filter(name => files.length === 1 || (values[name] !== null && seen(name)));
    const boxes = {};
    for (const name of names) {
      const { box } = result.fields[name];
      // A place is only certain where the value was read there as it now stands, and a label has places of one page.
      if (box && pages.length === 1 && seen(name) && values[name] !== null && verdictOf(state, name) !== "edited") boxes[name] = [box.points];
    }
    return { schema: result.schema, fields: Object.fromEntries(names.map(name => [name, values[name]])), boxes };
  });
}

$("save").addEventListener("click", async () => {
  const given = labels();
  const kept = given.map((label, index) => [label, state.files[index]]).filter(([label]) => Object.keys(label.fields).length);
  if (!kept.length) {
    say(words().tooFew);
    return;
  }
  $("save").disabled = true;
  try {
    const { count } = await saveSpecimen(kept.map(([, file]) => file), kept.map(([label]) => label));
    toast(words().saved(count), "well");
  } catch (error) {
    say(error);
    const wrong = error.problem?.fields || [];
    for (const name of wrong) document.querySelector(`.field[data-name="${name}"]`)?.classList.add("wrong");
    if (wrong.length) {
      goTo(wrong[0]);
      document.querySelector(`.field[data-name="${wrong[0]}"]`)?.classList.add("wrong");
    }
  } finally {
    $("save").disabled = false;
  }
});

// What the page says

function busy(text) {
  $("busy").hidden = !text;
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
  const text = words().problems[error.kind] || (error.problem ? error.problem.detail : words().network);
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
  showQueue();
  if (!state) return;
  showPage(state);
  showSummary(state);
  showFields(state);
});

const dark = matchMedia("(prefers-color-scheme: dark)");
function paint() {
  const chosen = localStorage.getItem("theme");
  const isDark = chosen ? chosen === "dark" : dark.matches;
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  $("theme").setAttribute("aria-pressed", String(isDark));
}
dark.addEventListener("change", paint);
$("theme").addEventListener("click", () => {
  localStorage.setItem("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  paint();
});

function nameSchemas() {
  const chosen = $("schema").value;
  const [first] = $("schema").options;
  $("schema").replaceChildren(first, ...schemas.map(one => new Option(words().schemas[one.name] || one.name, one.name)));
  $("schema").value = chosen || "auto";
}
$("schema").addEventListener("change", () => current && readRecord(current));

let engine = null;
function showEngine() {
  if (!engine) return;
  $("engine").textContent = `${engine.name} · ${engine.loaded ? words().loaded : words().starting}`;
  $("engine").classList.toggle("ready", engine.loaded);
}

async function watchEngine() {
  const { engines } = await listEngines();
  engine = engines.find(one => one.default) || engines[0];
  showEngine();
  if (!engine.loaded) setTimeout(() => watchEngine().catch(say), 1500);
}

async function begin() {
  try {
    schemas = (await listSchemas()).schemas;
    learnNames(schemas);
    nameSchemas();
    const { enabled } = await specimens();
    $("save").hidden = !enabled;
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
