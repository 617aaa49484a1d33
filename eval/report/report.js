"use strict";
(() => {
  const { documents, mistakes, redacted } = JSON.parse(document.getElementById("data").textContent);
  const form = document.querySelector(".filters");
  const body = document.querySelector("#list tbody");
  const detail = document.getElementById("detail");
  const more = document.getElementById("more");
  const filters = { cell: "cell", lang: "language", field: "field", mistake: "mistake", schema: "schema", capture: "capture" };
  const PAGE = 60;
  let limit = PAGE, shown = [], sort = "-confidence", selected = null;

  const element = (tag, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children.filter((child) => child !== null));
    return node;
  };
  const text = (parts) => parts.map(([piece]) => piece).join("");
  // 1.00 is said of 1 alone: 0.998 must not look like certainty.
  const share = (number) => (number > 0.99 && number < 1 ? Math.min(number, 0.999).toFixed(3) : number.toFixed(2));

  // A value with the characters that differ marked; null is a word of its own.
  const value = (parts, kind) => {
    if (redacted) return null;
    if (!parts.length) return element("span", { className: `value null ${kind}`, textContent: kind === "label" ? "nothing on the document" : "nothing read" });
    const node = element("bdi", { className: `value ${kind}` });
    for (const [piece, differs] of parts) node.append(differs ? element("mark", { textContent: piece }) : piece);
    return node;
  };

  const options = () => {
    for (const [name, key] of Object.entries(filters)) {
      const counts = new Map();
      for (const one of mistakes) counts.set(one[key], (counts.get(one[key]) || 0) + 1);
      const names = [...counts.keys()].sort((a, b) => (name === "mistake" ? counts.get(b) - counts.get(a) : 0) || a.localeCompare(b));
      const choice = form.elements[name];
      choice.replaceChildren(new Option("all", ""), ...names.map((one) => new Option(`${one} (${counts.get(one)})`, one)));
      choice.disabled = names.length < 2;
    }
  };

  // The view stands in the address after #mistakes, so that it can be sent.
  const readAddress = () => {
    const view = new URLSearchParams(location.hash.slice(1));
    for (const name of [...Object.keys(filters), "q"]) if (view.has(name)) form.elements[name].value = view.get(name);
    if (view.has("sort")) sort = view.get("sort");
    if (view.has("show")) selected = Number(view.get("show"));
  };
  const writeAddress = () => {
    const view = new URLSearchParams();
    for (const name of [...Object.keys(filters), "q"]) if (form.elements[name].value) view.set(name, form.elements[name].value);
    if (sort !== "-confidence") view.set("sort", sort);
    if (selected !== null) view.set("show", selected);
    history.replaceState(null, "", `#${view.size ? view : "mistakes"}`);
  };

  const matches = (one) => {
    for (const [name, key] of Object.entries(filters)) {
      const wanted = form.elements[name].value;
      if (wanted && one[key] !== wanted) return false;
    }
    const words = form.elements.q.value.trim().toLowerCase();
    if (!words) return true;
    const file = (documents[one.id] || {}).file || "";
    return `${text(one.label)} ${text(one.prediction)} ${file} ${one.id} ${one.field}`.toLowerCase().includes(words);
  };

  const update = () => {
    const key = sort.replace("-", "");
    const direction = sort.startsWith("-") ? -1 : 1;
    shown = mistakes.map((one, number) => ({ ...one, number })).filter(matches);
    shown.sort((a, b) => direction * (typeof a[key] === "number" ? a[key] - b[key] : a[key].localeCompare(b[key])) || a.number - b.number);
    document.getElementById("count").textContent = `${shown.length} of ${mistakes.length} mistakes`;
    for (const heading of document.querySelectorAll("#list thead th[aria-sort]")) {
      const own = heading.querySelector("button").dataset.sort === key;
      heading.setAttribute("aria-sort", own ? (direction < 0 ? "descending" : "ascending") : "none");
    }
    draw();
  };

  const draw = () => {
    body.replaceChildren(...shown.slice(0, limit).map(line));
    more.hidden = shown.length <= limit;
    more.textContent = `Show ${Math.min(PAGE, shown.length - limit)} more`;
  };

  const line = (one) => {
    const where = [one.schema, (documents[one.id] || {}).file || one.id].join(" · ");
    const number = (name, content) => {
      const cell = element("td", { className: "number", textContent: share(content) });
      cell.dataset.name = name;
      return cell;
    };
    const row = element("tr", { tabIndex: 0 },
      element("td", { className: "field", textContent: one.field }),
      element("td", { className: "values" }, value(one.label, "label"), value(one.prediction, "prediction"), element("span", { className: "where", textContent: where })),
      element("td", { className: "mistake", textContent: one.mistake }),
      element("td", { className: "language", textContent: one.language }),
      number("confidence", one.confidence),
      number("similarity", one.similarity));
    row.dataset.number = one.number;
    row.setAttribute("aria-selected", String(one.number === selected));
    return row;
  };

  const polygon = (points, kind, scale) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
    node.setAttribute("points", points.map(([x, y]) => `${x * scale},${y * scale}`).join(" "));
    node.setAttribute("class", kind);
    return node;
  };

  const page = (one, about) => {
    const image = (about.pages || {})[one.page || 0];
    if (!image) return null;
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawing.setAttribute("viewBox", `0 0 ${image.width} ${image.height}`);
    for (const [field, boxes] of Object.entries(about.boxes || {})) if (field !== one.field) for (const box of boxes) drawing.append(polygon(box, "other", 1));
    for (const box of (about.boxes || {})[one.field] || []) drawing.append(polygon(box, "label", 1));
    if (one.box) drawing.append(polygon(one.box, "prediction", 1));
    return element("div", { className: "page" }, element("img", { src: image.source, alt: "the page" }), drawing);
  };

  const show = (number) => {
    selected = number;
    for (const row of body.children) row.setAttribute("aria-selected", String(Number(row.dataset.number) === number));
    const one = mistakes[number];
    if (!one) return;
    const about = documents[one.id] || {};
    const picture = page(one, about);
    const close = element("button", { className: "close", type: "button", textContent: "✕", ariaLabel: "close" });
    close.addEventListener("click", () => { detail.classList.remove("open"); selected = null; writeAddress(); });
    const sources = one.sources.map((source) => element("li", {},
      element("b", { textContent: source.kind }), source.value === null ? "" : element("bdi", { textContent: ` ${source.value} ` }),
      element("span", { textContent: ` ${share(source.confidence)}${source.proven ? ", proven" : ""}; ${source.basis}` })));
    detail.replaceChildren(...[close,
      element("h3", { textContent: `${one.field}: ${one.mistake}` }),
      element("p", { className: "hint", textContent: [about.file || one.id, about.kind || one.schema, one.language, one.capture, one.cell].filter(Boolean).join(" · ") }),
      redacted ? null : element("dl", { className: "pair" },
        element("div", {}, element("dt", { textContent: "label" }), value(one.label, "label")),
        element("div", {}, element("dt", { textContent: "prediction" }), value(one.prediction, "prediction"))),
      picture,
      picture && element("p", { className: "key" }, element("i", { className: "label" }), "where the label stands", element("i", { className: "prediction" }), "where it was read"),
      element("p", { className: "hint", textContent: `verdict ${one.verdict}, confidence ${share(one.confidence)}, similarity ${share(one.similarity)}` }),
      element("ul", {}, ...sources)].filter(Boolean));
    detail.classList.add("open");
    detail.scrollTop = 0;
  };

  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row) { show(Number(row.dataset.number)); writeAddress(); }
  });
  body.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr");
    const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
    if (next) next.focus();
    if (event.key === "Enter" || next) { event.preventDefault(); show(Number((next || row).dataset.number)); writeAddress(); }
  });
  document.querySelector("#list thead").addEventListener("click", (event) => {
    const key = event.target.dataset.sort;
    if (!key) return;
    sort = sort === key ? `-${key}` : key;
    update();
    writeAddress();
  });
  form.addEventListener("input", () => { limit = PAGE; update(); writeAddress(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { limit = PAGE; sort = "-confidence"; selected = null; update(); writeAddress(); }));
  more.addEventListener("click", () => { limit += PAGE; draw(); });
  document.getElementById("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  options();
  readAddress();
  update();
  if (selected !== null) show(selected);
  if (location.hash.includes("=")) document.getElementById("mistakes").scrollIntoView({ behavior: "instant" });
})();
