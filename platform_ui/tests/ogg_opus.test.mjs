import assert from "node:assert/strict";
import { test } from "node:test";
import { oggFromWebm, samplesOf } from "../js/ogg_opus.js";

const ascii = (text) => [...text].map((letter) => letter.charCodeAt(0));
const HEAD = [...ascii("OpusHead"), 1, 1, 0x38, 0x01, 0x80, 0xbb, 0, 0, 0, 0, 0]; // one channel, 312 samples to skip
const UNKNOWN = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const element = (id, content) => [...id, 0x40 | (content.length >> 8), content.length & 255, ...content];
const packet = (length, fill) => [8 << 3, ...Array(length - 1).fill(fill)]; // one frame of 10 ms

/** As a browser records: nobody knows yet how long the segment and its clusters will be. */
function webm(packets) {
  const tracks = element([0x16, 0x54, 0xae, 0x6b], element([0xae], [...element([0xd7], [1]), ...element([0x63, 0xa2], HEAD)]));
  const blocks = packets.flatMap((data) => element([0xa3], [0x81, 0, 0, 0x80, ...data]));
  return Uint8Array.from([...element([0x1a, 0x45, 0xdf, 0xa3], element([0x42, 0x82], ascii("webm"))), 0x18, 0x53, 0x80, 0x67, ...UNKNOWN,
    ...tracks, 0x1f, 0x43, 0xb6, 0x75, ...UNKNOWN, ...element([0xe7], [0]), ...blocks]);
}

function pagesOf(ogg) {
  const pages = [];
  for (let at = 0; at < ogg.length; ) {
    const view = new DataView(ogg.buffer, at);
    const sizes = ogg.slice(at + 27, at + 27 + ogg[at + 26]);
    const length = 27 + sizes.length + sizes.reduce((sum, size) => sum + size, 0);
    const bytes = ogg.slice(at, at + length);
    const stated = view.getUint32(22, true);
    bytes.fill(0, 22, 26);
    pages.push({ mark: String.fromCharCode(...bytes.slice(0, 4)), kind: bytes[5], position: view.getBigUint64(6, true), number: view.getUint32(18, true), sizes: [...sizes], body: bytes.slice(27 + sizes.length), good: stated === slowChecksum(bytes) });
    at += length;
  }
  return pages;
}

/** RFC 3533's, a bit at a time. */
function slowChecksum(bytes) {
  let value = 0;
  for (const byte of bytes) {
    value ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  }
  return value >>> 0;
}

test("the packets stand in Ogg as they were, on pages that say where they are", () => {
  const packets = Array.from({ length: 90 }, (_, index) => packet(index === 3 ? 300 : 20, index));
  const pages = pagesOf(oggFromWebm(webm(packets)));

  assert.deepEqual(pages.map(({ mark, good }) => [mark, good]), pages.map(() => ["OggS", true]));
  assert.deepEqual(pages.map(({ number }) => number), [0, 1, 2, 3, 4]);
  assert.deepEqual(pages.map(({ kind }) => kind), [2, 0, 0, 0, 4]);
  assert.deepEqual([...pages[0].body], HEAD);
  assert.equal(String.fromCharCode(...pages[1].body.slice(0, 8)), "OpusTags");
  assert.deepEqual(pages.slice(2).flatMap(({ body }) => [...body]), packets.flat());
  assert.deepEqual(pages[2].sizes.slice(0, 6), [20, 20, 20, 255, 45, 20]);
  assert.equal(pages.at(-1).position, BigInt(312 + 90 * samplesOf(packet(20, 0))));
});

test("a packet's first byte says how much sound it holds", () => {
  assert.deepEqual([[0x00], [0x08], [0x18], [0x60], [0x68], [0x80], [0x98], [0x99], [0x9b, 3]].map((bytes) => samplesOf(Uint8Array.from(bytes))),
    [480, 960, 2880, 480, 960, 120, 960, 1920, 2880]);
});

test("what holds no Opus is refused", () => {
  assert.throws(() => oggFromWebm(webm([])), /no Opus/);
  assert.throws(() => oggFromWebm(Uint8Array.from(ascii("RIFF....WAVE"))), /Opus|WebM/);
});
