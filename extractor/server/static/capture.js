// The ways a picture comes in: dropped, pasted, chosen, photographed, or one of the drawn specimens.

import { example, listExamples } from "./api.js";
import { openCamera } from "./camera.js";
import { make } from "./sheet.js";
import { kindName } from "./words.js";

const $ = id => document.getElementById(id);

/** Listens for pictures from everywhere; `take(files)` gets them. */
export function listen(take, fail) {
  $("choose").addEventListener("click", () => $("file").click());
  for (const id of ["file", "snap"]) {
    $(id).addEventListener("change", event => {
      const files = [...event.target.files];
      event.target.value = "";
      if (files.length) take(files);
    });
  }
  let depth = 0;
  const show = visible => { $("hover").hidden = !visible; };
  document.addEventListener("dragenter", event => {
    event.preventDefault();
    depth += 1;
    show(true);
  });
  document.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) show(false);
  });
  document.addEventListener("dragover", event => event.preventDefault());
  document.addEventListener("drop", event => {
    event.preventDefault();
    depth = 0;
    show(false);
    const files = [...event.dataTransfer.files];
    if (files.length) take(files);
  });
  document.addEventListener("paste", event => {
    const files = [...event.clipboardData.files];
    if (files.length) take(files);
  });
  $("camera").addEventListener("click", () => openCamera(take, fail));
}

/** Offers the drawn specimens, where the service has them. */
export async function offerExamples(take, fail) {
  const { examples } = await listExamples();
  $("examples").hidden = !examples.length;
  const list = $("example-list");
  list.replaceChildren();
  for (const one of examples) {
    const picture = make("img", "", [], { alt: "", loading: "lazy", width: "120", height: "76" });
    const name = make("span", "", kindName(one.schema));
    const button = make("button", "specimen", [picture, name], { type: "button", "data-file": one.file, "data-schema": one.schema });
    const file = example(one.file);
    file.then(found => { picture.src = URL.createObjectURL(found); }, () => { picture.remove(); });
    button.addEventListener("click", () => file.then(found => take([found]), error => fail(error.message)));
    list.append(make("li", "", button));
  }
}

/** Names the specimens in the language of the page. */
export function renameExamples() {
  for (const button of document.querySelectorAll(".specimen")) {
    button.querySelector("span").textContent = kindName(button.dataset.schema);
  }
}
