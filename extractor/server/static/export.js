// What leaves the page: text to paste, JSON, CSV, and a contact as vCard.

import { inWords } from "./values.js";
import { about, fieldName, kindName } from "./words.js";

/** All values of documents as lines to paste; documents are parted by an empty line. */
export const asText = states => states.map(state => Object.keys(state.values).filter(name => state.values[name] !== null)
  .map(name => about(name, inWords(state, name).replaceAll("\n", " "))).join("\n")).join("\n\n");

/** The values as the service has them: an object, or of several documents a list. */
export function asJson(states) {
  const made = states.length === 1 ? states[0].values : states.map(state => ({ schema: state.result.schema, ...state.values }));
  return `${JSON.stringify(made, null, 2)}\n`;
}

/** A row of names and a row a document; what a spreadsheet would compute stays text. */
export function asCsv(states) {
  const cell = value => {
    const text = value === null || value === undefined ? "" : Array.isArray(value) ? value.join("\n")
      : typeof value === "object" ? JSON.stringify(value) : String(value);
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const names = [...new Set(states.flatMap(state => Object.keys(state.values)))];
  const rows = [["schema", ...names], ...states.map(state => [state.result.schema, ...names.map(name => state.values[name])])];
  return rows.map(row => `${row.map(cell).join(",")}\n`).join("");
}

const escaped = text => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll(",", "\\,").replaceAll(";", "\\;");

/** A line of at most 75 octets, continued on the next (RFC 6350, 3.2). */
function folded(line) {
  const encoder = new TextEncoder();
  const lines = [""];
  let length = 0;
  for (const character of line) {
    const octets = encoder.encode(character).length;
    if (length + octets > 75) {
      lines.push(" ");
      length = 1;
    }
    lines[lines.length - 1] += character;
    length += octets;
  }
  return lines.join("\r\n");
}

/** A contact each (vCard 4.0, RFC 6350 and 6474): name, birth, sex, address; document, number and nationality as a note. */
export const asVCard = states => states.map(contact).join("");

function contact(state) {
  const { values } = state;
  const [surname, given] = [values.surname || "", values.given_names || ""];
  const full = values.name || [given, surname].filter(Boolean).join(" ");
  const noted = ["document_number", "issuing_country", "nationality", "issue_date", "expiry_date"].filter(name => values[name])
    .map(name => about(name, inWords(state, name)));
  const born = /^\d{4}-\d{2}-\d{2}$/.test(values.birth_date || "") ? values.birth_date.replaceAll("-", "") : values.birth_date;
  const address = values.address && (typeof values.address === "string" ? values.address : Object.values(values.address).filter(Boolean).join(", "));
  const lines = [
    "BEGIN:VCARD", "VERSION:4.0", `FN:${escaped(full || fieldName("name"))}`,
    surname || given ? `N:${escaped(surname)};${escaped(given)};;;` : null,
    born ? `BDAY:${born}` : null,
    values.place_of_birth ? `BIRTHPLACE:${escaped(values.place_of_birth)}` : null,
    values.sex ? `GENDER:${{ M: "M", F: "F" }[values.sex] || "U"}` : null,
    address ? `ADR:;;${escaped(address)};;;;` : null,
    `NOTE:${escaped([kindName(state.result.schema), ...noted].join("\n"))}`, "END:VCARD",
  ];
  return lines.filter(Boolean).map(line => `${folded(line)}\r\n`).join("");
}

/** Hands the person a file. */
export function download(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
