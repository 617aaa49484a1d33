// The fields under mouse and keyboard: pointing at them, opening, correcting, and going from one to the next.

import { refreshField, showSummary } from "./fields.js";
import { highlight, showPage } from "./sheet.js";
import { same, typed } from "./values.js";

const $ = id => document.getElementById(id);
const rowOf = name => document.querySelector(`.field[data-name="${name}"] .row`);
let state = () => null;
let changed = () => {};

/** Listens to the fields. `state()` is the document shown; `changed()` is told of corrections, `copy(name)` of copying. */
export function listenToFields(given) {
  ({ state, changed } = given);
  for (const id of ["fields", "absent-fields"]) {
    const list = $(id);
    list.addEventListener("click", event => clicked(event, given.copy));
    list.addEventListener("mouseover", event => point(event.target.closest(".field")?.dataset.name));
    list.addEventListener("mouseleave", () => point(state()?.open));
    list.addEventListener("focusin", event => point(event.target.closest(".field")?.dataset.name));
    list.addEventListener("change", event => {
      const { edit } = event.target.dataset;
      if (edit) correctTyped(edit, event.target);
    });
    list.addEventListener("keydown", pressed);
  }
  $("warnings").addEventListener("click", event => event.target.dataset.goto && pointAt(event.target.dataset.goto));
  $("boxes").addEventListener("mouseover", event => event.target.dataset.name && point(event.target.dataset.name));
  $("boxes").addEventListener("click", event => event.target.dataset.name && pointAt(event.target.dataset.name));
}

function point(name) {
  const now = state();
  if (!now) return;
  const box = name && now.result.fields[name].box;
  if (box && box.page !== now.page) {
    now.page = box.page;
    showPage(now);
  }
  highlight(now, name);
}

function open(name) {
  const now = state();
  const before = now.open;
  now.open = before === name ? null : name;
  if (before && before !== name) refreshField(now, before);
  point(name);
  refreshField(now, name);
  point(name);
}

function correct(name, value) {
  const now = state();
  const wrong = now.wrong.delete(name);
  if (same(value, now.values[name]) && !wrong) return;
  now.values[name] = value;
  if (same(value, now.result.fields[name].value)) now.edited.delete(name);
  else now.edited.add(name);
  refresh(name);
}

/** Takes what was typed; what is no value of the field stays where it was typed, with the reason. */
function correctTyped(name, node) {
  const now = state();
  const { value, wrong } = typed(name, node.dataset.kind, node.value);
  if (!wrong) {
    correct(name, value);
    return;
  }
  now.wrong.set(name, { text: node.value, word: wrong });
  refresh(name);
  $(`mistake-${name}`)?.scrollIntoView({ block: "nearest" });
}

function refresh(name) {
  const now = state();
  refreshField(now, name);
  // A date says something about others.
  for (const field of document.querySelectorAll(".field")) {
    if (field.dataset.name !== name && field.dataset.name !== now.open) refreshField(now, field.dataset.name);
  }
  showSummary(now);
  showPage(now);
  point(name);
  changed();
}

/** Opens a field and brings it into view. */
export function pointAt(name) {
  if ($("absent").contains(rowOf(name))) $("absent").open = true;
  if (state().open !== name) open(name);
  rowOf(name).focus();
  rowOf(name).scrollIntoView({ block: "center" });
}

function move(from, step) {
  const rows = [...document.querySelectorAll(".field .row")].filter(row => row.offsetParent !== null);
  const next = rows[rows.indexOf(from) + step];
  if (next) next.focus();
}

function clicked(event, copy) {
  const target = event.target.closest("[data-adopt], [data-undo], [data-copy], .row");
  if (!target) return;
  const { name } = target.closest(".field").dataset;
  if (target.dataset.copy) copy(name);
  else if (target.dataset.adopt) correct(name, state().result.fields[name].sources[target.dataset.adopt].value);
  else if (target.dataset.undo) correct(name, state().result.fields[name].value);
  else open(name);
}

function pressed(event) {
  const { target, key } = event;
  const now = state();
  if (target.matches(".row") && (key === "ArrowDown" || key === "ArrowUp")) {
    event.preventDefault();
    move(target, key === "ArrowDown" ? 1 : -1);
  } else if (target.matches("input[data-edit]") && key === "Enter") {
    const name = target.dataset.edit;
    event.preventDefault();
    target.blur();
    if (now.wrong.has(name)) {
      $(`edit-${name}`).focus();
      return;
    }
    if (now.open === name) open(name);
    rowOf(name)?.focus();
  } else if (key === "Escape" && now?.open) {
    const name = now.open;
    // What was typed and not taken is given up.
    if (target.dataset.edit) delete target.dataset.edit;
    now.wrong.delete(name);
    open(name);
    rowOf(name)?.focus();
  }
}
