// A WhatsApp message as people write it: *negrita*, _cursiva_, ~tachado~ and addresses. Reads text, makes no elements.
// The sandbox's phone page holds the same file (src/nexus/sandbox/phone/); a test keeps the two alike.

const MARKS = { "*": "strong", _: "em", "~": "s" };
const LINK = /https?:\/\/[^\s<>"']+/iy;
const TRAILING = /[.,;:!?)\]}*_~]+$/;
const IN_WORD = /[\p{L}\p{N}]/u;

/**
 * The pieces of a message in order: plain strings, {tag: "strong" | "em" | "s", children} and
 * {tag: "a", href, children}; only http and https become links. Joined, their text is what is read.
 */
export function parse(text) {
  const pieces = [];
  let plainFrom = 0;
  for (let at = 0; at < text.length; ) {
    const found = linkAt(text, at) ?? markAt(text, at);
    if (found) {
      if (at > plainFrom) pieces.push(text.slice(plainFrom, at));
      pieces.push(found.piece);
      plainFrom = found.end;
    }
    at = found ? found.end : at + 1;
  }
  if (plainFrom < text.length) pieces.push(text.slice(plainFrom));
  return pieces;
}

/** The message as one line of plain words, without the marks. */
export const words = (text) => flat(parse(text)).replace(/\s+/g, " ").trim();

const flat = (pieces) => pieces.map((piece) => (typeof piece === "string" ? piece : flat(piece.children))).join("");

function linkAt(text, at) {
  if (!startsWord(text, at)) return null;
  LINK.lastIndex = at;
  const href = LINK.exec(text)?.[0].replace(TRAILING, "");
  return href && URL.canParse(href) ? { piece: { tag: "a", href, children: [href] }, end: at + href.length } : null;
}

/** A mark opens at the start of a word and closes at the end of one, on the same line. */
function markAt(text, at) {
  const mark = text[at];
  if (!(mark in MARKS) || !startsWord(text, at) || !text[at + 1] || /\s/.test(text[at + 1]) || text[at + 1] === mark) return null;
  const close = closing(text, at + 2, mark);
  if (close < 0) return null;
  return { piece: { tag: MARKS[mark], children: parse(text.slice(at + 1, close)) }, end: close + 1 };
}

function closing(text, from, mark) {
  for (let at = from; at < text.length && text[at] !== "\n"; at += 1) {
    if (text[at] === mark && !/\s/.test(text[at - 1]) && endsWord(text, at)) return at;
  }
  return -1;
}

const startsWord = (text, at) => at === 0 || !IN_WORD.test(text[at - 1]);
const endsWord = (text, at) => at + 1 === text.length || !IN_WORD.test(text[at + 1]);
