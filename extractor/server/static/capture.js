// The ways a picture comes in: dropped, pasted, chosen, photographed, or one of the drawn specimens.

import { example, listExamples } from "./api.js";
import { words } from "./words.js";
import { make } from "./view.js";

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

async function openCamera(take, fail) {
  // A phone's own camera application takes better pictures than a page can.
  if (matchMedia("(pointer: coarse)").matches || !navigator.mediaDevices?.getUserMedia) {
    $("snap").click();
    return;
  }
  const dialog = $("camera-dialog");
  const video = $("video");
  let stream;
  try {
    const wanted = { facingMode: "environment", width: { ideal: 2560 }, height: { ideal: 1440 } };
    stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  } catch (error) {
    fail(words().cameraFailed);
    return;
  }
  video.srcObject = stream;
  dialog.showModal();
  await video.play();
  dialog.addEventListener("close", () => {
    stream.getTracks().forEach(track => track.stop());
    video.srcObject = null;
  }, { once: true });
  $("shoot").onclick = () => {
    const canvas = make("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob(blob => {
      dialog.close();
      take([new File([blob], "camera.jpg", { type: "image/jpeg" })]);
    }, "image/jpeg", 0.93);
  };
  dialog.querySelector("[data-close]").onclick = () => dialog.close();
}

/** Offers the drawn specimens, where the service has them. */
export async function offerExamples(take, fail) {
  const { examples } = await listExamples();
  $("examples").hidden = !examples.length;
  const list = $("example-list");
  list.replaceChildren();
  for (const one of examples) {
    const picture = make("img", "", [], { alt: "", loading: "lazy", width: "120", height: "76" });
    const name = make("span", "", words().schemas[one.schema] || one.schema);
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
    button.querySelector("span").textContent = words().schemas[button.dataset.schema] || button.dataset.schema;
  }
}
