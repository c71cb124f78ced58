import assert from "node:assert/strict";
import { test } from "node:test";
import { actionWords, valueWords, worthReading } from "../js/audit_words.js";
import { compact, compare, csvPath, seconds, share } from "../js/figures.js";
import { apiQuery, filterQuery, flipped, readFilters } from "../js/log_filters.js";
import { addDays, dayIn, daysBetween, periodOf } from "../js/periods.js";
import { abilities, rolesToGive } from "../js/roles.js";
import { parseAddress } from "../js/router.js";
import { byDay, dayProblem, flatWeek, readTime } from "../js/week.js";

test("an address falls into view, choice and query, whatever is in it", () => {
  const { name, id, query } = parseAddress("#/registro/a%2Fb?corr=x&level=warn");
  assert.deepEqual([name, id, query.get("corr"), query.get("level")], ["registro", "a/b", "x", "warn"]);
  assert.equal(parseAddress("#/chats/%E0%A4%A").id, "%E0%A4%A");
  assert.deepEqual([parseAddress("").name, parseAddress("#/tienda").id], ["", null]);
});

test("the log's filters survive the address, and strangers in it are left out", () => {
  const filters = readFilters(new URLSearchParams("level=warn&level=otro&type=handoff&type=send&corr=c&q=hola&dias=7"));
  assert.deepEqual(filters, { levels: ["warn"], types: ["handoff", "send"], corr: "c", q: "hola", days: "7" });
  assert.deepEqual(readFilters(filterQuery(filters)), filters);
  const asked = apiQuery(filters, { limit: 50, before: "9", period: (days) => periodOf(days, "2026-03-05") });
  assert.equal(String(asked), "limit=50&level=warn&event_type=handoff&event_type=send&correlation_id=c&q=hola&from=2026-02-27&to=2026-03-06&before=9");
  assert.deepEqual([flipped(["a"], "b"), flipped(["a", "b"], "a")], [["a", "b"], ["b"]]);
});

test("periods are local days with an exclusive end", () => {
  assert.deepEqual(periodOf("7", "2026-03-05"), { from: "2026-02-27", to: "2026-03-06" });
  assert.deepEqual(periodOf("month", "2026-03-05"), { from: "2026-03-01", to: "2026-03-06" });
  assert.equal(periodOf("x", "2026-03-05"), null);
  assert.equal(addDays("2028-02-28", 1), "2028-02-29");
  assert.equal(daysBetween("2026-02-27", "2026-03-06"), 7);
  assert.equal(dayIn("America/Argentina/Buenos_Aires", new Date("2026-03-05T02:00:00Z")), "2026-03-04");
});

test("figures are compared in words, and good or bad only where it is", () => {
  assert.deepEqual(compare(6, 4, { better: "more" }), { words: "50 % más que antes (4)", tone: "good" });
  assert.deepEqual(compare(3, 4, { better: "more" }), { words: "25 % menos que antes (4)", tone: "bad" });
  assert.deepEqual(compare(3, 0), { words: "más que antes (0)", tone: "" });
  assert.deepEqual(compare(2, null).tone, "");
  assert.deepEqual([seconds(4.25), seconds(190), seconds(7500), seconds(null)], ["4,3 s", "3 min 10 s", "2 h 5 min", "sin datos"]);
  assert.deepEqual([compact(950), compact(12_345), compact(1_234_567)], ["950", "12,3 mil", "1,2 M"]);
  assert.deepEqual([share(3, 4), share(0, 0)], ["75 %", ""]);
  assert.equal(csvPath("days", { from: "2026-03-01", to: "2026-03-08", days: [] }), "/admin/metrics.csv?table=days&from=2026-03-01&to=2026-03-08");
});

test("times are read as people write them", () => {
  assert.deepEqual(["9", "9:30", "0930", "930", "9.30", "24", "24:00"].map(readTime), ["09:00", "09:30", "09:30", "09:30", "09:30", "24:00", "24:00"]);
  assert.deepEqual(["", "25", "24:30", "9:60", "nueve"].map(readTime), [null, null, null, null, null]);
});

test("a week goes into days and back, and says what is wrong with one", () => {
  const week = [{ day: 0, from: "09:00", to: "13:00" }, { day: 0, from: "16:00", to: "20:00" }, { day: 6, from: "10:00", to: "24:00" }];
  assert.deepEqual(flatWeek(byDay(week.toReversed())), week);
  assert.equal(dayProblem(byDay(week)[0]), "");
  assert.match(dayProblem([{ from: "09:00", to: "13:00" }, { from: "12:00", to: "15:00" }]), /se pisan/);
  assert.match(dayProblem([{ from: "18:00", to: "09:00" }]), /después de abrir/);
  assert.match(dayProblem([{ from: null, to: "09:00" }]), /9:30/);
});

test("roles may what they may", () => {
  assert.deepEqual(["settings", "test", "own"].map(abilities("manager")), [true, true, false]);
  assert.deepEqual(["settings", "test"].map(abilities("agent")), [false, true]);
  assert.equal(abilities("read-only")("test"), false);
  assert.equal(abilities(undefined)("settings"), false);
  assert.deepEqual(rolesToGive("manager"), ["agent", "read-only"]);
  assert.deepEqual(rolesToGive("agent"), []);
});

test("changes are said in words, secrets never", () => {
  assert.equal(actionWords({ action: "tenant.update", subject: "tenant" }), "cambió la tienda");
  assert.equal(actionWords({ action: "credentials.create", subject: "credentials", subject_id: "llm" }), "cargó las credenciales del modelo");
  assert.equal(actionWords({ action: "person.create", subject: "person", subject_id: "3" }, () => "Ana"), "sumó a Ana");
  assert.deepEqual([valueWords(null), valueWords(true), valueWords("agent", "role"), valueWords([1])], ["nada", "sí", "Atención", "[1]"]);
  assert.equal(worthReading({ field: "is_platform_admin", before: null, after: false }), false);
});
