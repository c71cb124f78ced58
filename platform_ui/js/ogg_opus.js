// A browser records Opus in WebM; WhatsApp takes Opus in Ogg. The same sound in the other envelope, nothing encoded anew.

const RATE = 48_000;
const PACKETS_A_PAGE = 40; // six pieces at most of each: a page has room for 255
const CONTAINERS = new Set([0x18538067, 0x1f43b675, 0xa0, 0x1654ae6b, 0xae, 0xe1]); // Segment, Cluster, BlockGroup, Tracks, TrackEntry, Audio
const [CODEC_PRIVATE, SIMPLE_BLOCK, BLOCK] = [0x63a2, 0xa3, 0xa1];

/** The Ogg Opus file with the sound of a WebM one (Uint8Array). Throws Error when there is no Opus in it. */
export function oggFromWebm(webm) {
  const { head, packets } = soundOf(webm);
  if (!head || !packets.length) throw new Error("no Opus in this recording");
  const serial = crypto.getRandomValues(new Uint32Array(1))[0];
  const pages = [page([head], { serial, number: 0, position: 0n, kind: 2 }), page([tags()], { serial, number: 1, position: 0n, kind: 0 })];
  let position = BigInt(new DataView(head.buffer, head.byteOffset).getUint16(10, true));
  for (let from = 0; from < packets.length; from += PACKETS_A_PAGE) {
    const some = packets.slice(from, from + PACKETS_A_PAGE);
    for (const packet of some) position += BigInt(samplesOf(packet));
    const isLast = from + PACKETS_A_PAGE >= packets.length;
    pages.push(page(some, { serial, number: pages.length, position, kind: isLast ? 4 : 0 }));
  }
  return together(pages);
}

/** The head (OpusHead) and the packets of the first track. */
function soundOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = { head: null, packets: [] };
  walk(0, bytes.length);
  return found;

  function walk(from, to) {
    for (let at = from; at < to; ) {
      const id = number(at, false);
      const size = number(at + id.length, true);
      const start = at + id.length + size.length;
      // A live recording does not know how long a part will be: it goes on to the end of what holds it.
      const end = size.unknown ? to : Math.min(start + size.value, to);
      if (CONTAINERS.has(id.value)) walk(start, end);
      else if (id.value === CODEC_PRIVATE) found.head = bytes.slice(start, end);
      else if (id.value === SIMPLE_BLOCK || id.value === BLOCK) found.packets.push(bytes.subarray(start + number(start, true).length + 3, end));
      at = end;
    }
  }

  /** EBML's variable-length number: the leading zeros say how many bytes it has. */
  function number(at, masked) {
    const first = view.getUint8(at);
    const length = Math.clz32(first) - 23;
    if (length > 8 || at + length > bytes.length) throw new Error("not a WebM file");
    let value = masked ? first & ((1 << (8 - length)) - 1) : first;
    let ones = masked && value === (1 << (8 - length)) - 1;
    for (let index = 1; index < length; index += 1) {
      const next = view.getUint8(at + index);
      value = value * 256 + next;
      ones &&= next === 255;
    }
    return { value, length, unknown: ones };
  }
}

/** How much sound a packet holds, by its first byte (RFC 6716, 3.1), in samples of 48 kHz. */
export function samplesOf(packet) {
  const config = packet[0] >> 3;
  const milliseconds = config < 12 ? [10, 20, 40, 60][config & 3] : config < 16 ? [10, 20][config & 1] : [2.5, 5, 10, 20][config & 3];
  const frames = [1, 2, 2, packet[1] & 63][packet[0] & 3];
  return (frames * milliseconds * RATE) / 1000;
}

function tags() {
  const vendor = new TextEncoder().encode("nexus");
  const made = new Uint8Array(16 + vendor.length);
  made.set(new TextEncoder().encode("OpusTags"));
  made[8] = vendor.length;
  made.set(vendor, 12);
  return made;
}

/** One page of Ogg (RFC 3533, 6) with whole packets. */
function page(packets, { serial, number, position, kind }) {
  const lacing = packets.flatMap(({ length }) => [...Array(Math.floor(length / 255)).fill(255), length % 255]);
  const head = new Uint8Array(27 + lacing.length);
  const view = new DataView(head.buffer);
  head.set(new TextEncoder().encode("OggS"));
  head[5] = kind;
  view.setBigUint64(6, position, true);
  view.setUint32(14, serial, true);
  view.setUint32(18, number, true);
  head[26] = lacing.length;
  head.set(lacing, 27);
  const made = together([head, ...packets]);
  new DataView(made.buffer).setUint32(22, checksum(made), true);
  return made;
}

function together(parts) {
  const made = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

const checksum = (bytes) => bytes.reduce((sum, byte) => ((sum << 8) ^ TABLE[((sum >>> 24) ^ byte) & 255]) >>> 0, 0);
