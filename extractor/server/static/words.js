// The words of the page in English and Chinese, and the choice between all languages (others: languages.js).

import { countryName } from "./countries.js";
import { more, plainWarnings } from "./languages.js";

const en = {
  skip: "Skip to the document", brand: "Document reader", readAs: "Read as", schemaAuto: "Recognise", key: "API key",
  theme: "Dark or light", startTitle: "Read an identity document",
  startLead: "Drop photos, scans or PDFs here, or paste them. Each file is a document of its own.",
  choose: "Choose files", camera: "Use the camera", privacy: "The picture is read on this server and is not kept.",
  formats: "JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC, AVIF, PDF", examples: "Or try a drawn specimen", pages: "Pages",
  zoom: "Zoom", zoomOut: "Smaller", zoomIn: "Larger", fit: "Fit", pageArea: "Page with the fields' places",
  fields: "Fields", another: "New document", addSide: "Add a side or page", save: "Save as specimen",
  dropNow: "Drop to read", cameraTitle: "Hold the document flat inside the frame", shoot: "Take the picture",
  cancel: "Cancel", keyTitle: "This service needs an API key", keyLead: "It is kept in this tab until you close it.",
  use: "Use this key", reading: "Reading the document", saving: "Saving", page: n => `Page ${n}`,
  absentTitle: n => n === 1 ? "1 field is not on the document" : `${n} fields are not on the document`,
  nothing: "not on the document", sources: "What each source says", adopt: "Use", adopted: "in use",
  edited: "Corrected", undo: "Undo", noSources: "No source speaks for this field.", proven: "proven by a check digit",
  saved: n => `Saved. ${n} ${n === 1 ? "specimen" : "specimens"} so far.`, noValue: "no date",
  read: (what, seconds) => `${what}, ${seconds} s`, allWell: "No contradiction was found.",
  confidence: "Confidence", value: "Value", clear: "Not on the document", yes: "yes", no: "no", unknown: "not stated",
  network: "The service does not answer. Is it running?", cameraFailed: "The camera cannot be used; choose a file instead.",
  wrong: "Some values do not fit their field.", saveOff: "Saving is off: stored data is encrypted.", custom: "Document",
  issues: "to check", tooFew: "Nothing to save yet.", loaded: "ready", starting: "starting", language: "Language",
  copy: "Copy", copyAll: "Copy all", copied: "Copied.", queue: "Documents", join: "Join with the one before", remove: "Remove",
  waiting: "waiting", failed: "not read", saveLead: "Labelling mode: the picture and your corrections are kept on the server until somebody deletes them there.",
  verdicts: { verified: "Verified", agree: "Two readings agree", single: "Read once", conflict: "Contradiction", unsupported: "Not on the page", absent: "Absent" },
  verdictLong: {
    verified: "A check digit or checksum covers this value and is right.", agree: "Two or more sources say the same.",
    single: "One source, nothing to compare it with.", conflict: "Sources contradict each other; compare them with the page.",
    unsupported: "A model's value that nothing on the page supports.", absent: "Nothing was found; enter it if the document shows it.",
  },
  kinds: { mrz: "MRZ", barcode: "Barcode", visual: "Printed", model: "Model", derived: "Concluded" },
  sexes: { M: "Male", F: "Female", X: "Not stated" },
  schemas: {
    passport: "Passport", id_card: "Identity card", chinese_id_card: "Chinese ID card", driving_licence: "Driving licence",
    residence_permit: "Residence permit", visa: "Visa",
  },
  warnings: plainWarnings,
  problems: {
    "unsupported-file": "The file is no picture and no PDF. Use JPEG, PNG, HEIC or PDF.", "unreadable-file": "The file cannot be read. Photograph or scan it again.",
    "no-document": "No document was found. Check the picture, or choose the kind of document above.", "queue-full": "The service is busy. Try again in a moment.",
    "page-timeout": "Reading took too long. Send a smaller picture.", "too-many-pages": "The file has too many pages.", "body-too-large": "The file is too large.",
  },
  names: {}, quality: { edge_width: "blur", text_height: "text height", light: "light", contrast: "contrast" },
  stateOf: n => n === 1 ? "1 field to check" : `${n} fields to check`, pagesOf: n => n === 1 ? "1 page" : `${n} pages`,
};

const zh = {
  skip: "跳到证件", brand: "证件识读", readAs: "证件类型", schemaAuto: "自动识别", key: "API 密钥", theme: "深色或浅色",
  startTitle: "识读身份证件", startLead: "将照片、扫描件或 PDF 拖放到此处，或直接粘贴。每个文件为一份证件。", choose: "选择文件",
  camera: "使用相机", privacy: "图片仅在本服务器上识读，不会保留。", formats: "JPEG、PNG、WebP、TIFF、BMP、GIF、HEIC、AVIF、PDF",
  examples: "或试用绘制的样例", pages: "页面", zoom: "缩放", zoomOut: "缩小", zoomIn: "放大", fit: "适应", pageArea: "标出各字段位置的页面",
  fields: "字段", another: "新证件", addSide: "添加另一面或页", save: "存为标注样本", dropNow: "松开即识读",
  cameraTitle: "将证件平放在取景框内", shoot: "拍照", cancel: "取消", keyTitle: "本服务需要 API 密钥", keyLead: "密钥仅保留在此标签页，关闭即清除。",
  use: "使用此密钥", reading: "正在识读证件", saving: "正在保存", page: n => `第 ${n} 页`, absentTitle: n => `证件上没有的字段（${n}）`,
  nothing: "证件上没有", sources: "各来源的读数", adopt: "采用", adopted: "已采用", edited: "已更正", undo: "撤销", noSources: "没有来源提供此字段。",
  proven: "校验位已证实", saved: n => `已保存，共 ${n} 个样本。`, noValue: "不是日期", read: (what, seconds) => `${what}，${seconds} 秒`,
  allWell: "各项之间没有矛盾。", confidence: "置信度", value: "值", clear: "证件上没有", yes: "是", no: "否", unknown: "未载明",
  network: "服务没有响应，是否已启动？", cameraFailed: "无法使用相机，请改选文件。", wrong: "有些值不符合字段要求。", saveOff: "已加密存储，不能另存样本。",
  custom: "证件", issues: "待核对", tooFew: "还没有可保存的内容。", language: "语言", copy: "复制", copyAll: "全部复制", copied: "已复制。",
  queue: "证件", join: "与前一份合并", remove: "移除", waiting: "等待中", failed: "未能识读", saveLead: "标注模式：图片和更正会保存在服务器上，直到有人在那里删除。", loaded: "就绪", starting: "启动中",
  verdicts: { verified: "已验证", agree: "一致", single: "只读到一次", conflict: "冲突", unsupported: "无依据", absent: "无" },
  verdictLong: {
    verified: "校验位或校验码覆盖此值且正确。", agree: "两个以上来源读数相同。", single: "只有一个来源，无从比对。",
    conflict: "来源互相矛盾，请与页面核对。", unsupported: "模型给出的值在页面上没有依据。", absent: "未找到；如证件上有，请填写。",
  },
  sexes: { M: "男", F: "女", X: "未载明" },
  kinds: { mrz: "机读码", barcode: "条码", visual: "印刷", model: "模型", derived: "推得" },
  schemas: {
    passport: "护照", id_card: "身份证件", chinese_id_card: "居民身份证", driving_licence: "驾驶证", residence_permit: "居留许可", visa: "签证",
  },
  warnings: {
    several_documents: "有多份证件，这是最大的一份", lone_side: "无法判断此面属于哪份证件", no_document_here: "此处印有未识别的内容",
    mrz_check_digit: "机读码的校验位不正确", mrz_unsure: "机读码不清晰，无法判断校验位", conflict: "来源互相矛盾", check_failed: "字段之间的规则不成立", invalid_value: "读到的值不符合字段要求",
    required_field_missing: "证件类型要求的字段没有读到", names_truncated: "机读码容不下完整姓名", schema_mismatch: "图片看起来是另一种证件",
    unsupported: "模型给出的值在页面上没有依据", expired: "证件已过期", expires_soon: "证件即将到期", not_yet_valid: "证件尚未生效",
    under_age: "持证人未达到要求的年龄", issue_after_expiry: "签发日期晚于有效期", birth_after_issue: "出生日期晚于签发日期",
    mrz_repaired: "机读码中不清晰的字符由推断得出", mrz_unreadable: "机读码无法识读", unknown_state: "签发国代码未知",
    impossible_date: "印有不存在的日期", other_calendar: "日期采用其他历法", picture_blurred: "图片模糊", picture_dark: "图片太暗",
    picture_small: "文字像素太少", picture_glare: "文字上有反光", picture_cut_off: "图片边缘被裁切", picture_two_tones: "这是黑白复印件", picture_screen: "这是屏幕的翻拍照片",
  },
  problems: {
    "unsupported-file": "文件不是可识读的图片或 PDF。", "unreadable-file": "文件无法读取，请重新导出或拍摄。", "no-document": "图片上没有找到这种证件。",
    "too-many-pages": "页数过多。", "body-too-large": "文件太大。", "too-many-files": "文件过多。", "queue-full": "服务繁忙，请稍后再试。",
    "worker-crashed": "识读此证件的进程已终止，请重试。", "page-timeout": "识读超时。", "engine-unavailable": "识读引擎暂不可用。", "model-server": "模型服务器未按要求作答。", unauthorized: "需要有效的 API 密钥。",
    "invalid-label": "有些值不符合字段要求。", "storage-full": "存储空间不足。", "storage-unavailable": "数据目录不可用。", conflict: "已加密存储，不能另存样本。",
  },
  names: {}, quality: { edge_width: "模糊度", text_height: "字高", light: "亮度", contrast: "对比度" }, stateOf: n => `${n} 个字段待核对`, pagesOf: n => `${n} 页`,
};

const LANGUAGES = { en: "English", zh: "中文", es: "Español", fr: "Français", de: "Deutsch", ar: "العربية" };
const all = { en, zh };
for (const [name, own] of Object.entries(more)) {
  // What a language has no words for is said in English.
  all[name] = { ...en, ...own };
  for (const part of ["warnings", "problems", "names", "verdicts", "kinds", "schemas"]) all[name][part] = { ...en[part], ...own[part] };
  all[name].verdictLong = {};
}
const wished = navigator.language.slice(0, 2);
let current = localStorage.getItem("language") || wished;
if (!(current in all)) current = "en";

export const language = () => current;
export const words = () => all[current];
const tag = () => current === "zh" ? "zh-Hans" : current;

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
  document.documentElement.dir = current === "ar" ? "rtl" : "ltr";
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

/** A field's value in words: states and sexes by name. */
export function inWords(name, value) {
  if (typeof value !== "string") return null;
  if (name === "sex") return words().sexes[value] || null;
  return /(^|_)(nationality|country)$/.test(name) && /^[A-Z]{1,3}$/.test(value) ? countryName(value, tag()) : null;
}

/** Remembers what the fields are called, from the service's own list of schemas. */
export function learnNames(schemas) {
  for (const schema of schemas) {
    for (const field of schema.fields) zh.names[field.name] = field.zh;
  }
}

/** A field's name for a person. */
export function fieldName(name) {
  const plain = name.replaceAll("_", " ");
  return words().names[name] || (plain === "mrz" ? "MRZ" : plain[0].toUpperCase() + plain.slice(1));
}
