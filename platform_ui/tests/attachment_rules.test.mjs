import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOf, problemOf } from "../js/attachment_rules.js";

const file = (name, type, size = 1000) => ({ name, type, size });

test("what WhatsApp takes has no problem", () => {
  const good = [["a.jpg", "image/jpeg"], ["a.webp", "image/webp"], ["a.mp4", "video/mp4"], ["a.ogg", "audio/ogg"], ["a.pdf", "application/pdf"], ["Lista.XLSX", ""], ["a.txt", "text/plain"]];
  assert.deepEqual(good.map(([name, type]) => problemOf(file(name, type))), good.map(() => ""));
  assert.deepEqual(good.map(([, type]) => kindOf(type)), ["image", "image", "video", "audio", "document", "document", "document"]);
});

test("what it refuses is said with the file's name and what to do", () => {
  assert.match(problemOf(file("a.svg", "image/svg+xml")), /“a\.svg” como foto: guardala como JPG o PNG/);
  assert.match(problemOf(file("a.mov", "video/quicktime")), /guardalo como MP4/);
  assert.match(problemOf(file("a.wav", "audio/wav")), /MP3, M4A u OGG/);
  assert.match(problemOf(file("a.exe", "application/x-msdownload")), /PDF, Word/);
  assert.match(problemOf(file("a.jpg", "image/jpeg", 0)), /está vacío/);
});

test("a file is too big by its own size against the limit", () => {
  assert.equal(problemOf(file("a.mp4", "video/mp4", 16 * 1024 * 1024)), "");
  assert.equal(problemOf(file("a.mp4", "video/mp4", 17 * 1024 * 1024)), "“a.mp4” pesa 17 MB: se pueden mandar archivos de hasta 16 MB.");
});
