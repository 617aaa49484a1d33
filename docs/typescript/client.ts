// A client of extract-server in plain fetch, for browsers and Node; its types come from the OpenAPI document.

import type { components, webhooks } from "./extract-server";

type Schemas = components["schemas"];
export type Reading = Schemas["Reading"];
export type Passport = Schemas["Passport"];
export type Job = Schemas["Job"];
export type JobDone = webhooks["job.done"]["post"]["requestBody"]["content"]["application/json"];

/** What the service says of an error: `type` is stable, `detail` says what to do. */
export class ServiceError extends Error {
  constructor(readonly problem: Schemas["Problem"]) {
    super(problem.detail);
  }
}

async function answered<T>(response: Response): Promise<T> {
  const body: unknown = await response.json();
  if (!response.ok) throw new ServiceError(body as Schemas["Problem"]);
  return body as T;
}

function form(files: Blob[], fields: Record<string, string>): FormData {
  const made = new FormData();
  for (const file of files) made.append("file", file);
  for (const [name, value] of Object.entries(fields)) made.append(name, value);
  return made;
}

/** Reads one document, of one file or of several that are its sides. */
export async function read(server: string, files: Blob[], schema = "auto"): Promise<Reading> {
  const body = form(files, { schema, evidence: "true" });
  return answered<Reading>(await fetch(`${server}/v1/extract`, { method: "POST", body }));
}

/** Hands in many documents; `webhook` is told when they are read. */
export async function submit(server: string, files: Blob[], webhook?: string): Promise<Job> {
  const body = form(files, webhook === undefined ? {} : { webhook });
  return answered<Job>(await fetch(`${server}/v1/jobs`, { method: "POST", body }));
}

/** The fields to look at before they are used: sources contradict each other, or nothing on the page speaks for it. */
export function doubtful(reading: Reading): string[] {
  return Object.entries(reading.evidence.fields)
    .filter(([, field]) => field.verdict === "conflict" || field.verdict === "unsupported")
    .map(([name]) => name);
}
