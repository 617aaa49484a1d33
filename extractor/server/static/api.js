// The service's own API, and files for the person: nothing here touches any other address.

let key = sessionStorage.getItem("key") || "";

export const hasKey = () => key !== "";

/** Uses this API key from now on, in this tab only. */
export function useKey(value) {
  key = value;
  if (value) sessionStorage.setItem("key", value);
  else sessionStorage.removeItem("key");
}

/** An error of the service: its problem details (RFC 9457), or `null` where it does not answer. */
export class ServiceError extends Error {
  constructor(problem) {
    super(problem ? problem.detail : "");
    this.problem = problem;
  }

  get kind() {
    return this.problem ? this.problem.type.split("/").pop() : "network";
  }
}

async function call(path, options = {}) {
  const headers = { ...options.headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, credentials: "omit" });
  } catch (error) {
    throw new ServiceError(null);
  }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => null);
    throw new ServiceError(problem);
  }
  return answer;
}

const json = async (path, options) => (await call(path, options)).json();

export const listSchemas = () => json("/v1/schemas");
export const listEngines = () => json("/v1/engines");
export const listExamples = () => json("/v1/examples");
export const specimens = () => json("/v1/specimens");
export const example = async name => new File([await (await call(`/v1/examples/${encodeURIComponent(name)}`)).blob()], name);

/** Whether a browser can draw a file itself; of others the service sends pictures of the pages. What is no file any
 * more, or a folder, is an error like one of the service, so that the other files are read. */
async function isDrawable(file) {
  const bytes = await file.slice(0, 12).arrayBuffer().catch(() => {
    throw new ServiceError({ type: "/unreadable-file", detail: "" });
  });
  const head = new Uint8Array(bytes);
  const text = String.fromCharCode(...head);
  return head[0] === 0xff || text.startsWith("\x89PNG") || text.startsWith("GIF8") || text.startsWith("BM")
    || (text.startsWith("RIFF") && text.slice(8) === "WEBP") || text.slice(8) === "avif";
}

/** Reads files: every document on them, or the one that they are `together`. Each with a picture's address for each page. */
export async function read(files, schema, together) {
  const drawable = await Promise.all(files.map(isDrawable));
  const form = new FormData();
  files.forEach(file => form.append("file", file, file.name || "picture"));
  form.append("schema", schema);
  form.append(together ? "one_document" : "documents", "true");
  form.append("evidence", "true");
  form.append("previews", String(drawable.includes(false)));
  const answer = await json("/v1/extract", { method: "POST", body: form });
  const found = (together ? [answer] : answer.documents).map(one => one.evidence);
  const { previews } = found[0];
  return found.map(result => {
    const pictures = result.pages.map((page, index) => drawable[page.file]
      ? URL.createObjectURL(files[page.file]) : `data:image/jpeg;base64,${previews[index]}`);
    delete result.previews;
    return { result, pictures };
  });
}

/** Which documents that were read one by one are sides of one: `groups` of their numbers. */
export const pairs = documents => json("/v1/pairs",
  { method: "POST", body: JSON.stringify({ documents }), headers: { "Content-Type": "application/json" } });

/** Saves pictures with their labels, one a file. */
export function saveSpecimen(files, labels) {
  const form = new FormData();
  files.forEach(file => form.append("file", file, file.name || "picture"));
  form.append("label", JSON.stringify(labels.length === 1 ? labels[0] : labels));
  return json("/v1/specimens", { method: "POST", body: form });
}
