// Dates as people type them, in any of the page's languages, to year-month-day (ISO 8601).

import { languages, locale } from "./words.js";

const bare = text => text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();

/** Names of months, whole and short, of all languages, to their numbers. */
const months = new Map();
for (const language of languages) {
  for (const style of ["long", "short"]) {
    const names = new Intl.DateTimeFormat(language, { month: style, day: "numeric", timeZone: "UTC" });
    for (let month = 0; month < 12; month += 1) {
      const { value } = names.formatToParts(Date.UTC(2001, month, 10)).find(part => part.type === "month");
      const name = bare(value).replaceAll(".", "");
      if (!/^\d+$/.test(name)) months.set(name, month + 1);
    }
  }
}
months.set("sept", 9);

/** What stands between the parts of a date and says nothing of it. */
const particles = new Set(["of", "the", "de", "del", "el", "le", "du", "den", "der"]);

/** A date as the person would write it, to show how; its day can be no month. */
export const exampleDate = () => new Intl.DateTimeFormat(locale(), { timeZone: "UTC" }).format(Date.UTC(1974, 7, 27));

const monthFirst = () => {
  const order = new Intl.DateTimeFormat(locale()).formatToParts(0).map(part => part.type);
  return order.indexOf("month") < order.indexOf("day") && order.indexOf("year") > order.indexOf("day");
};

function iso(year, month, day) {
  const made = new Date(Date.UTC(year, month - 1, day));
  const exists = made.getUTCFullYear() === year && made.getUTCMonth() === month - 1 && made.getUTCDate() === day;
  return exists ? made.toISOString().slice(0, 10) : null;
}

/** The same without a day where none is typed. */
const isoOf = (year, month, day) => day ? iso(year, month, Number(day)) : iso(year, month, 1)?.slice(0, 7) ?? null;

/** A year of two digits: of birth and issue it is past, of others it is of this century. */
function wholeYear(text, field, today) {
  if (text.length === 4) return Number(text);
  const year = 2000 + Number(text);
  return /birth|issue/.test(field) && year > today.getFullYear() ? year - 100 : year;
}

const western = text => text.replaceAll(/[٠-٩]/g, digit => "٠١٢٣٤٥٦٧٨٩".indexOf(digit)).normalize("NFKC");

/** `text` as year-month-day, or as year-month or year where no more is typed; null where it is no date that exists.
 * Day before month, unless the person's own locale writes slashes the other way, or it cannot be otherwise. */
export function typedDate(text, field = "", today = new Date()) {
  const typed = western(text).trim();
  if (/^\d{4}(-(0[1-9]|1[0-2]))?$/.test(typed)) return typed;
  const compact = typed.match(/^(\d{2})(\d{2})(\d{4}|\d{2})$/);
  const whole = typed.match(/^((?:19|20)\d{2})(\d{2})(\d{2})$/);
  if (whole && iso(...whole.slice(1).map(Number))) return iso(...whole.slice(1).map(Number));
  if (compact) return iso(wholeYear(compact[3], field, today), Number(compact[2]), Number(compact[1]));

  const marked = typed.match(/^(\d{4}|\d{2})[年년]\s*(\d{1,2})[月월]\s*(?:(\d{1,2})[日号일])?$/);
  if (marked) return isoOf(wholeYear(marked[1], field, today), Number(marked[2]), marked[3]);
  const parts = bare(typed).replace(/(\d)(st|nd|rd|th|er)\b/g, "$1").match(/\d+|\p{L}+/gu) || [];
  const numbers = parts.filter(part => /^\d+$/.test(part));
  const names = parts.filter(part => !/^\d+$/.test(part) && !particles.has(part)).map(part => months.get(part));
  // A word that names no month may name another calendar's year or era: what is left of it is no date.
  if (names.some(month => !month || month !== names[0])) return null;
  const [named] = names;
  if (numbers.some(part => part.length === 3 || part.length > 4)) return null;
  const monthOnly = named ? numbers.length === 1 : numbers.length === 2;
  if (monthOnly) {
    const year = numbers.find(part => part.length === 4);
    return year ? isoOf(Number(year), named ?? Number(numbers.find(part => part !== year))) : null;
  }
  if (numbers.length !== (named ? 2 : 3)) return null;
  const yearFirst = numbers[0].length === 4;
  if (named) {
    const [day, year] = yearFirst ? [numbers[1], numbers[0]] : numbers;
    return iso(wholeYear(year, field, today), named, Number(day));
  }
  if (yearFirst) return iso(...numbers.map(Number));
  const year = wholeYear(numbers[2], field, today);
  const [first, second] = numbers.map(Number);
  const american = typed.includes("/") && monthFirst();
  return american ? iso(year, first, second) ?? iso(year, second, first) : iso(year, second, first) ?? iso(year, first, second);
}
