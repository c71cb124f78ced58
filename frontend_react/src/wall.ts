// The calendar shows the shop's wall clock, whatever clock the browser has: instants become "2025-11-26T14:00:00"
// on the way in and RFC 3339 with the shop's offset on the way out.

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone, hourCycle: "h23",
      year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
    });
    formats.set(zone, format);
  }
  return format;
}

/** An instant as the shop's clock on the wall shows it. */
export function wallOf(instant: string | number, zone: string): string {
  const parts = Object.fromEntries(formatOf(zone).formatToParts(new Date(instant)).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}`;
}

const asUtc = (wall: string): number => Date.parse(`${wall.slice(0, 19)}Z`);

const offsetAt = (instant: number, zone: string): number => asUtc(wallOf(instant, zone)) - Math.floor(instant / 1000) * 1000;

/** A wall time of the shop as an instant with its offset; of a time that happens twice the first, of none the next. */
export function instantOf(wall: string, zone: string): string {
  const wanted = asUtc(wall);
  const before = wanted - offsetAt(wanted - 86_400_000, zone);
  const after = wanted - offsetAt(wanted + 86_400_000, zone);
  const fits = [before, after].find((instant) => asUtc(wallOf(instant, zone)) === wanted);
  const instant = fits ?? before;
  const minutes = Math.round(offsetAt(instant, zone) / 60_000);
  const size = Math.abs(minutes);
  const two = (value: number) => String(Math.trunc(value)).padStart(2, "0");
  return `${wallOf(instant, zone)}${minutes < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}`;
}

/** Wall time plus minutes, by the wall's own arithmetic. */
export const plusMinutes = (wall: string, minutes: number): string =>
  new Date(asUtc(wall) + minutes * 60_000).toISOString().slice(0, 19);

/** Minutes from one wall time to another. */
export const minutesBetween = (from: string, to: string): number => Math.round((asUtc(to) - asUtc(from)) / 60_000);

/** A local date plus days. */
export const plusDays = (date: string, days: number): string => plusMinutes(`${date}T00:00:00`, days * 1440).slice(0, 10);

export const dateOf = (wall: string): string => wall.slice(0, 10);
export const timeOf = (wall: string): string => wall.slice(11, 16);

/** Where a zone is, as people say it: "America/Argentina/Buenos_Aires" is "Buenos Aires". */
export const placeOf = (zone: string): string => (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
