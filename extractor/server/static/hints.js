// What a frame of the camera lacks, by plain measures of its brightness: a hint for the person, never a refusal.

/** Width in pixels that a frame is looked at for light, glare and edges. */
const WIDE = 320;
/** Brightness (0..255) that the brightest tenth of a frame reaches with enough light. */
const DARK = 85;
/** All channels from here on are burnt out, on a document whose usual darkest channel is below the second (white paper has no
 * glare); and the share of the document that one such patch has to be. */
const BURNT = 252;
const BRIGHT = 240;
const GLARE = 0.004;
/** Step of brightness across a document's edge, and the share of the edge that must have it. */
const STEP = 7;
const ALONG = 0.62;
/** Least difference in brightness between a document and the ground it lies on. */
const GROUND = 14;
/** What the ground may differ from side to side, as a share of its difference from the document. */
const UNEVEN = 0.35;
/** Share of a frame's width or height that a document should take up. */
const LARGE = 0.6;
/** Width of a letter's edge as a share of the document's width, from which it is blurred: a third of small print's height. */
const BLURRED = 0.005;
const SLOPES = [-0.08, -0.06, -0.04, -0.02, 0, 0.02, 0.04, 0.06, 0.08];

const canvases = {};
function drawn(name, source, width, height, ...from) {
  const canvas = canvases[name] ??= document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, ...from, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

function greyOf(data) {
  const grey = new Float32Array(data.length / 4);
  for (let i = 0; i < grey.length; i += 1) grey[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
  return grey;
}

/** The value below which a share of others lies; of brightness, to a quarter of a step. */
function quantile(values, share) {
  const counts = new Uint32Array(1025);
  for (const value of values) counts[Math.round(4 * value)] += 1;
  let left = share * values.length;
  let step = 0;
  while (step < 1024 && (left -= counts[step]) > 0) step += 1;
  return step / 4;
}

/** The first thing that a frame lacks, by its key among `hints`; "good" where nothing is. */
export function look(source, width, height) {
  const [wide, high] = [WIDE, Math.round(WIDE * height / width)];
  const data = drawn("small", source, wide, high, 0, 0, width, height);
  const grey = greyOf(data);
  if (quantile(grey, 0.9) < DARK) return "dark";
  const found = edges(smooth(grey, wide, high), wide, high);
  if (!found) return "edges";
  if (Math.max((found.right - found.left) / wide, (found.bottom - found.top) / high) < LARGE) return "far";
  if (glare(data, wide, found) >= GLARE) return "glare";
  return edgeWidth(source, width, height, found, wide) > BLURRED * (found.right - found.left) * width / wide ? "blurred" : "good";
}

function smooth(grey, wide, high) {
  const made = new Float32Array(grey.length);
  for (let y = 1; y < high - 1; y += 1) {
    for (let x = 1; x < wide - 1; x += 1) {
      const at = y * wide + x;
      made[at] = (grey[at - wide] + grey[at - 1] + 2 * grey[at] + grey[at + 1] + grey[at + wide]) / 6;
    }
  }
  return made;
}

/** The four edges of a document, each a line that is nearly upright or level, in pixels; null where one is not in view. */
function edges(grey, wide, high) {
  const across = (x, y) => x < 2 || x >= wide - 2 || y < 1 || y >= high - 1 ? 0 : grey[y * wide + x + 1] - grey[y * wide + x - 1];
  const down = (x, y) => y < 2 || y >= high - 2 || x < 1 || x >= wide - 1 ? 0 : grey[(y + 1) * wide + x] - grey[(y - 1) * wide + x];
  const least = 0.4 * Math.min(wide, high);
  const left = line(across, 3, wide / 2, 1, high, [1, high - 1], least);
  const right = left && line(across, wide - 4, wide / 2, -1, high, [1, high - 1], least);
  if (!right) return null;
  const span = [Math.round(left.at) + 2, Math.round(right.at) - 2];
  const level = (x, y) => down(y, x);
  const most = ALONG * (span[1] - span[0]);
  const top = line(level, 3, high / 2, 1, wide, span, most);
  const bottom = top && line(level, high - 4, high / 2, -1, wide, span, most);
  if (!bottom) return null;
  const upright = [Math.round(top.at) + 2, Math.round(bottom.at) - 2];
  if (![left, right].every(one => share(across, one, high, upright) >= ALONG)) return null;
  // A line of text, or a photograph's side, may look like an edge where the true one is out of view: paper goes on beyond it.
  const paper = median(grey, wide, span, upright);
  const outside = [
    beside((x, y) => grey[y * wide + x], left, -1, wide, high, upright), beside((x, y) => grey[y * wide + x], right, 1, wide, high, upright),
    beside((y, x) => grey[y * wide + x], top, -1, high, wide, span), beside((y, x) => grey[y * wide + x], bottom, 1, high, wide, span),
  ];
  if (outside.includes(null)) return null;
  // All four look onto the same ground: beyond a line of text there is another one, which is lighter.
  const ground = quantile(outside, 0.5);
  if (Math.abs(ground - paper) < GROUND || outside.some(level => Math.abs(level - ground) > UNEVEN * Math.abs(paper - ground))) return null;
  return { left: left.at, right: right.at, top: top.at, bottom: bottom.at };
}

function median(grey, wide, [x0, x1], [y0, y1]) {
  const inside = [];
  for (let y = y0; y < y1; y += 2) {
    for (let x = x0; x < x1; x += 2) inside.push(grey[y * wide + x]);
  }
  return quantile(inside, 0.5);
}

/** Usual brightness just outside of a line; null where that is out of view. */
function beside(level, { at, slope }, outwards, limit, length, [from, to]) {
  const found = [];
  for (let along = from; along < to; along += 1) {
    const place = Math.round(at + slope * (along - length / 2)) + 4 * outwards;
    if (place < 1 || place > limit - 2) return null;
    found.push(level(place, along));
  }
  return quantile(found, 0.5);
}

/** The first line from `start` towards `end` along which at least `least` pixels of `span` have a step of one sign. */
function line(step, start, end, direction, length, span, least) {
  let best = null;
  for (let at = start; direction > 0 ? at < end : at > end; at += direction) {
    // A blurred edge begins before its steepest place.
    if (best && Math.abs(at - best.first) > 5) break;
    for (const slope of SLOPES) {
      const { count, sum } = stepsAlong(step, { at, slope }, length, span);
      if (count >= least && (!best || sum > best.sum)) best = { at, slope, sum, first: best?.first ?? at };
    }
  }
  return best;
}

function stepsAlong(step, { at, slope }, length, [from, to]) {
  const counts = [0, 0];
  const sums = [0, 0];
  for (let along = Math.max(0, from); along < to; along += 1) {
    const place = Math.round(at + slope * (along - length / 2));
    // An edge is as wide as the camera makes it.
    const found = Math.abs(step(place, along)) >= STEP ? step(place, along) : step(place + 1, along);
    const sign = Number(found < 0);
    if (Math.abs(found) < STEP) continue;
    counts[sign] += 1;
    sums[sign] += Math.min(60, Math.abs(found));
  }
  const sign = Number(counts[1] > counts[0]);
  return { count: counts[sign], sum: sums[sign] };
}

const share = (step, one, length, [from, to]) => stepsAlong(step, one, length, [from, to]).count / Math.max(1, to - from);

/** The largest burnt-out patch on the document, as a share of it. */
function glare(data, wide, { left, right, top, bottom }) {
  const darkest = at => Math.min(data[4 * at], data[4 * at + 1], data[4 * at + 2]);
  const inside = [];
  for (let y = Math.round(top); y < bottom; y += 1) {
    for (let x = Math.round(left); x < right; x += 1) inside.push(y * wide + x);
  }
  if (!inside.length || quantile(inside.map(darkest), 0.5) >= BRIGHT) return 0;
  const burnt = new Set(inside.filter(at => darkest(at) >= BURNT));
  let largest = 0;
  for (const at of burnt) largest = Math.max(largest, patch(burnt, at, wide));
  return largest / inside.length;
}

/** Counts the patch around a place, and takes it away. */
function patch(burnt, start, wide) {
  const open = [start];
  burnt.delete(start);
  for (let count = 0; count < open.length; count += 1) {
    const at = open[count];
    for (const next of [at - 1, at + 1, at - wide, at + wide]) {
      if (burnt.delete(next)) open.push(next);
    }
  }
  return open.length;
}

/** Width of the sharpest edges of print on the document, in pixels of the frame: from dark to light by the steepest step. */
function edgeWidth(source, width, height, found, wide) {
  const scale = width / wide;
  const widths = [];
  const [tileWide, tileHigh] = [Math.min(200, width), Math.min(120, height)];
  for (const across of [0.2, 0.5, 0.8]) {
    for (const down of [0.15, 0.38, 0.62, 0.85]) {
      const x = Math.round(Math.min(width - tileWide, Math.max(0, scale * (found.left + across * (found.right - found.left)) - tileWide / 2)));
      const y = Math.round(Math.min(height - tileHigh, Math.max(0, scale * (found.top + down * (found.bottom - found.top)) - tileHigh / 2)));
      const grey = greyOf(drawn("tile", source, tileWide, tileHigh, x, y, tileWide, tileHigh));
      const steps = new Float32Array(grey.length);
      for (let at = 1; at < grey.length; at += 1) steps[at] = at % tileWide ? Math.abs(grey[at] - grey[at - 1]) : 0;
      const contrast = quantile(grey, 0.98) - quantile(grey, 0.02);
      // Where there is no print there is nothing to judge.
      if (contrast >= 40) widths.push(contrast / Math.max(quantile(steps, 0.995), 1));
    }
  }
  return widths.length ? widths.sort((a, b) => a - b)[Math.floor(widths.length / 4)] : 0;
}
