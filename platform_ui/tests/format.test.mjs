import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, initials, money, phone, playLength, size, span } from "../js/format.js";
import { owner, preview, typeName, waitedFor, whyPaused, whyWaiting } from "../js/words.js";

const time = clock();
const now = new Date("2026-03-05T17:30:00Z");

test("a time of today is the hour, of this week the weekday and hour, else the date", () => {
  assert.equal(time.short("2026-03-05T17:05:00Z", now), "14:05");
  assert.equal(time.short("2026-03-03T17:05:00Z", now), "mar 14:05");
  assert.equal(time.short("2026-02-05T17:05:00Z", now), "05/02/2026");
});

test("days change at midnight of the shop's zone, not of Greenwich", () => {
  assert.equal(time.dayName("2026-03-05T03:00:00Z", now), "Hoy");
  assert.equal(time.dayName("2026-03-05T02:59:00Z", now), "Ayer");
  assert.equal(time.hour("2026-03-05T03:00:00Z"), "00:00");
  assert.equal(clock("America/Santiago").hour("2026-07-05T12:00:00Z"), "08:00");
});

test("Argentine phones are grouped, others are left alone", () => {
  assert.equal(phone("5491155550123"), "+54 9 11 5555-0123");
  assert.equal(phone("+5493515550123"), "+54 9 351 555-0123");
  assert.equal(phone("+14155550123"), "+14155550123");
  assert.equal(phone("AR.13491208655302741918"), "AR.13491208655302741918");
});

test("spans are said in at most two units", () => {
  assert.deepEqual([30_000, 12 * 60_000, 185 * 60_000, 86_400_000, 3 * 86_400_000].map(span), ["recién", "12 min", "3 h 5 min", "1 día", "3 días"]);
});

test("initials come from first and last name, or the end of the number", () => {
  assert.equal(initials("Lucía Fernández"), "LF");
  assert.equal(initials("María de los Ángeles Goyeneche"), "MG");
  assert.equal(initials("+54 9 11 5555-0123"), "23");
});

test("a chat that needs a person is shown as waiting even while the bot is paused", () => {
  const later = new Date(now.getTime() + 60_000).toISOString();
  assert.equal(owner({ needs_human_since: "2026-03-05T17:00:00Z", human_override_until: later }, now.getTime()), "waiting");
  assert.equal(owner({ human_override_until: later }, now.getTime()), "human");
  assert.equal(owner({ human_override_until: "2026-03-05T17:29:00Z" }, now.getTime()), "bot");
});

test("a code nobody knows is not shown to people, a written reason is", () => {
  assert.equal(whyWaiting("burst_parked"), "el bot no pudo responder");
  assert.equal(whyWaiting("some_new_code"), "");
  assert.equal(whyWaiting("Quiere cambiar un talle"), "Quiere cambiar un talle");
});

test("a wait of less than a minute has no number yet", () => {
  assert.equal(waitedFor("2026-03-05T17:29:30Z", now.getTime()), "");
  assert.equal(waitedFor("2026-03-05T17:18:00Z", now.getTime()), "12 min");
});

test("the list shows a last message as one plain line, and a picture by its name", () => {
  assert.equal(preview("*Giselle*\n$ 49.900"), "Giselle $ 49.900");
  assert.equal(preview("https://shop.example/a/51001.png?v=2"), "Imagen");
  assert.equal(preview("Mirá https://shop.example/a.png"), "Mirá https://shop.example/a.png");
  assert.equal(preview(null), "Sin mensajes");
});

test("a pause is told by who made it, oneself by you", () => {
  const why = (override_cause, override_author = null) => whyPaused({ override_cause, override_author }, "ana@tienda.test");
  assert.equal(why("phone_echo"), "respondieron desde el teléfono");
  assert.equal(why("inbox_reply"), "respondieron desde YCloud");
  assert.equal(why("panel_message", "ana@tienda.test"), "vos escribiste");
  assert.equal(why("panel_message", "juan@tienda.test"), "escribió juan@tienda.test");
  assert.equal(why("panel_pause", "juan@tienda.test"), "lo pausó juan@tienda.test");
  assert.equal(why("panel_pause"), "lo pausaron desde el panel");
  assert.equal(why("panel_handoff", "ana@tienda.test"), "lo derivaste vos");
  assert.equal(why("derivhumano"), "el bot se la derivó a una persona");
  assert.equal(why("something_new", "juan@tienda.test"), "");
  assert.equal(why(null), "");
});

test("money, sizes and lengths are written as here", () => {
  assert.equal(money(18999).replace(/\s/g, " "), "$ 18.999,00");
  assert.equal(money(12.5, "USD").replace(/\s/g, " "), "US$ 12,50");
  assert.equal(money(1200, "puntos").replace(/\s/g, " "), "1.200,00 puntos");
  assert.deepEqual([1, 48_213, 3.4 * 1024 * 1024].map(size), ["1 KB", "47 KB", "3,4 MB"]);
  assert.deepEqual([0, 7.3, 63, 3723, NaN, Infinity].map(playLength), ["0:00", "0:07", "1:03", "1:02:03", "0:00", "0:00"]);
});

test("a message without words is called by its type", () => {
  assert.equal(typeName("audio"), "Audio");
  assert.equal(typeName("something_new"), "Mensaje");
});
