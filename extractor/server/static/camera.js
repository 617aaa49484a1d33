// The camera, with a hint above it. Frames are looked at in the page; nothing is sent until the person takes the picture.

import { look } from "./hints.js";
import { make } from "./sheet.js";
import { words } from "./words.js";

const $ = id => document.getElementById(id);
const EVERY = 250;

/** Opens the camera; `take(files)` gets the picture. Without a camera that pages may use, a phone's own is asked. */
export async function openCamera(take, fail) {
  if (!navigator.mediaDevices?.getUserMedia) {
    $("snap").click();
    return;
  }
  const dialog = $("camera-dialog");
  const video = $("video");
  let stream;
  try {
    const wanted = { facingMode: "environment", width: { ideal: 3840 }, height: { ideal: 2160 } };
    stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  } catch (error) {
    fail(words().cameraFailed);
    return;
  }
  video.srcObject = stream;
  say("starting");
  dialog.showModal();
  const watching = setInterval(() => watch(video), EVERY);
  dialog.addEventListener("close", () => {
    clearInterval(watching);
    stream.getTracks().forEach(track => track.stop());
    video.srcObject = null;
  }, { once: true });
  $("shoot").onclick = () => {
    if (!video.videoWidth) return;
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
  $("shoot").focus();
  await video.play();
}

let before = "";
function watch(video) {
  if (!video.videoWidth) return;
  const hint = look(video, video.videoWidth, video.videoHeight);
  // What two looks in a row say is said, so that it does not flicker.
  if (hint === before) say(hint);
  before = hint;
}

function say(hint) {
  if ($("finder").dataset.hint === hint && $("hint").textContent === words().hints[hint]) return;
  $("finder").dataset.hint = hint;
  $("hint").textContent = words().hints[hint];
}
