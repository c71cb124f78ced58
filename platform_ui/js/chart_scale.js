// The arithmetic of a chart: where a value lies, which lines help to read it, and what a line's path is.

const STEPS = [1, 2, 2.5, 5, 10];

/** Round values from 0 to at least `largest`, about `count` of them; whole ones for whole numbers. */
export function ticks(largest, count = 4) {
  if (!(largest > 0)) return [0, 1];
  const rough = largest / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(STEPS.find((each) => each * power >= rough - 1e-9) * power, Number.isInteger(largest) ? 1 : 0);
  const whole = Number.isInteger(largest) ? Math.ceil(step) : step;
  const found = [];
  for (let index = 0; found.length === 0 || found.at(-1) < largest; index += 1) found.push(Number((index * whole).toPrecision(12)));
  return found;
}

/** A function from value to place: `top` of the values lies at `to`, 0 at `from`. */
export const scale = (top, from, to) => (value) => from + (Math.min(value, top) / top) * (to - from);

/** The middle of each of `count` equal bands between two edges, and how wide one is. */
export function bands(count, from, to) {
  const width = (to - from) / Math.max(count, 1);
  return { width, middle: (index) => from + width * (index + 0.5) };
}

/** The path through points [x, y]; a null point interrupts it. */
export function linePath(points) {
  let open = false;
  return points.map((point) => {
    if (point === null) {
      open = false;
      return "";
    }
    const piece = `${open ? "L" : "M"}${round(point[0])} ${round(point[1])}`;
    open = true;
    return piece;
  }).filter(Boolean).join("");
}

/** Which of `count` labels to write so that they do not touch: every nth, as indexes. */
export function labelled(count, width, room = 56) {
  const most = Math.max(1, Math.floor(width / room));
  const every = Math.ceil(count / most);
  return Array.from({ length: count }, (_, index) => index).filter((index) => index % every === 0);
}

/** The band that a pointer at `x` is in. */
export const bandAt = (x, count, from, to) => Math.max(0, Math.min(count - 1, Math.floor(((x - from) / (to - from)) * count)));

const round = (value) => Math.round(value * 10) / 10;
