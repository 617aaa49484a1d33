// The page that was read, with the places of its fields.

import { inWords, same, verdictOf } from "./values.js";
import { fieldName, tell, words } from "./words.js";

const $ = id => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

/** An element with a class, attributes and children; text is always text. */
export function make(tag, className, children = [], attributes = {}) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...[children].flat().filter(child => child !== null && child !== undefined));
  return node;
}

/** A value out of a document: in its own direction, whichever the page's is. */
export const quoted = (tag, className, text, attributes = {}) => make(tag, className, text, { dir: "auto", ...attributes });

/** Draws page `state.page` and the places on it. */
export function showPage(state) {
  const page = state.result.pages[state.page];
  const picture = $("picture");
  if (picture.getAttribute("src") !== state.pictures[state.page]) picture.src = state.pictures[state.page];
  picture.alt = tell("page", { n: state.page + 1 });
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
    const button = make("button", "tab", String(index + 1), { "aria-label": tell("page", { n: index + 1 }) });
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
  const sure = verdict === "edited" || one.value === null ? [] : [` · ${word.confidence} `, make("bdi", "", `${Math.round(one.confidence * 100)}%`)];
  const said = one.sources.map(source => make("span", "", [
    make("em", "", word.kinds[source.kind]), " ", quoted("b", "", inWords(state, name, source.value) || source.text || word.noValue),
    " ", make("bdi", "", `${Math.round(source.confidence * 100)}%`),
  ]));
  $("readout").replaceChildren(
    make("p", verdict, [make("b", "", fieldName(name)), " ", make("i", "", [verdict === "edited" ? word.edited : word.verdicts[verdict], ...sure])]),
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
export function crop(state, box) {
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
