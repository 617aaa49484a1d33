// The labelling mode: a picture and its corrected values, saved on the server as a specimen.

import { ServiceError, saveSpecimen } from "./api.js";
import { verdictOf } from "./values.js";
import { tell, words } from "./words.js";

const $ = id => document.getElementById(id);

/** One label a file. Of one picture everything is known; of several, what was seen on each. */
function labels(state) {
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

/** Saves the document shown; `go(name)` leads to a field that is wrong. */
export async function saveShown(state, { say, toast, go }) {
  const [wrong] = state.wrong.keys();
  const kept = labels(state).map((label, index) => [label, state.files[index]]).filter(([label]) => Object.keys(label.fields).length);
  if (wrong || !kept.length) {
    say(wrong ? words().problems["invalid-label"] : words().tooFew);
    if (wrong) go(wrong);
    return;
  }
  $("save").disabled = true;
  try {
    const { count } = await saveSpecimen(kept.map(([, file]) => file), kept.map(([label]) => label));
    state.unsaved = false;
    toast(tell("saved", { n: count }), "well");
  } catch (error) {
    say(error);
    const named = error instanceof ServiceError ? error.problem?.fields || [] : [];
    if (named.length) go(named[0]);
    for (const name of named) document.querySelector(`.field[data-name="${name}"]`)?.classList.add("wrong");
  } finally {
    $("save").disabled = false;
  }
}
