// The words of the page in the language chosen. Each language is a file of its own with all of them: words.en.js and others.

import ar from "./words.ar.js";
import de from "./words.de.js";
import en from "./words.en.js";
import es from "./words.es.js";
import fr from "./words.fr.js";
import zh from "./words.zh.js";

const LANGUAGES = { en: "English", zh: "中文", es: "Español", fr: "Français", de: "Deutsch", ar: "العربية" };
const all = { en, zh, es, fr, de, ar };
const tags = { zh: "zh-Hans" };
const rightToLeft = ["ar"];

const wished = navigator.language.slice(0, 2);
let current = localStorage.getItem("language") || wished;
if (!(current in all)) current = "en";

export const words = () => all[current];
export const languages = Object.keys(LANGUAGES);

/** The language's tag (BCP 47). */
export const tag = () => tags[current] || current;

/** The person's own locale where it is of the page's language, for the order of day and month. */
export const locale = () => navigator.language.startsWith(current) ? navigator.language : current === "en" ? "en-GB" : tag();

/** A text with its places filled in: `tell("page", { n: 2 })`. Where `n` counts, in the form that the language has for it. */
export function tell(key, values = {}) {
  const entry = words()[key];
  const text = typeof entry === "string" ? entry : entry[new Intl.PluralRules(tag()).select(values.n)] ?? entry.other;
  return text.replaceAll(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Seconds with their unit. */
export const inSeconds = seconds => new Intl.NumberFormat(tag(), { style: "unit", unit: "second", unitDisplay: "narrow",
  minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(seconds);

/** Switches to another language and tells the page. */
export function switchLanguage(name) {
  current = name in all ? name : "en";
  localStorage.setItem("language", current);
  fillWords();
}

/** Writes the fixed words of the page. */
export function fillWords() {
  const word = words();
  document.documentElement.lang = tag();
  document.documentElement.dir = rightToLeft.includes(current) ? "rtl" : "ltr";
  document.title = word.brand;
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word[node.dataset.word];
  for (const node of document.querySelectorAll("[data-word-title]")) {
    node.title = word[node.dataset.wordTitle];
    node.setAttribute("aria-label", node.title);
  }
  for (const node of document.querySelectorAll("[data-word-label]")) node.setAttribute("aria-label", word[node.dataset.wordLabel]);
  const choice = document.getElementById("language");
  if (!choice.options.length) {
    for (const [name, own] of Object.entries(LANGUAGES)) {
      const option = new Option(own, name);
      option.lang = name;
      choice.add(option);
    }
  }
  choice.value = current;
}

/** A field's name for a person. */
export function fieldName(name) {
  const plain = name.replaceAll("_", " ");
  return words().names[name] || plain[0].toUpperCase() + plain.slice(1);
}

/** A sentence about a field. */
export const about = (name, text) => `${fieldName(name)}${words().colon}${text}`;

/** What a kind of document is called. */
export const kindName = schema => words().schemas[schema] || words().custom;
