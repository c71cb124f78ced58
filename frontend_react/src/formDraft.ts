// The form's fields and the draft they make; pure. Fields hold the shop's wall clock.

import type { Appointment, Draft, Resource, Service } from "./shapes";
import { dateOf, instantOf, minutesBetween, plusMinutes, timeOf, wallOf } from "./wall";

export interface Fields {
  date: string;
  from: string;
  to: string;
  resourceId: number;
  serviceId: number | null;
  title: string;
  name: string;
  phone: string;
  notes: string;
  conversationId: string | null;
}

/** A new appointment's fields: where it was drawn, else the next half hour; as long as the first service. */
export function newFields(start: string, end: string | null, resourceId: number, services: Service[]): Fields {
  const service = services[0];
  const until = end ?? plusMinutes(start, service?.minutes ?? 60);
  return {
    date: dateOf(start), from: timeOf(start), to: timeOf(until), resourceId, serviceId: service?.id ?? null,
    title: "", name: "", phone: "", notes: "", conversationId: null,
  };
}

/** An appointment's fields. */
export function fieldsOf(one: Appointment, zone: string): Fields {
  const [start, end] = [wallOf(one.start, zone), wallOf(one.end, zone)];
  return {
    date: dateOf(start), from: timeOf(start), to: timeOf(end), resourceId: one.resource_id, serviceId: one.service_id,
    title: one.title, name: one.customer_name, phone: one.customer_phone ?? "", notes: one.notes ?? "",
    conversationId: one.conversation_id,
  };
}

/** "9", "930", "9.30" or "09:30" as "09:30"; null when it is no time of day. */
export function clockOf(typed: string): string | null {
  const [, hour, minute = "00"] = /^\s*(\d{1,2})(?:[:.h]?(\d{2}))?\s*$/.exec(typed) ?? [];
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59) return null;
  return `${hour.padStart(2, "0")}:${minute}`;
}

/** The same length from another beginning. */
export function startingAt(fields: Fields, from: string): Fields {
  const length = lengthOf(fields);
  return { ...fields, from, to: timeOf(plusMinutes(`${fields.date}T${from}:00`, length)) };
}

/** With another service, as long as that takes. */
export function withService(fields: Fields, service: Service | undefined): Fields {
  const to = service ? timeOf(plusMinutes(`${fields.date}T${fields.from}:00`, service.minutes)) : fields.to;
  return { ...fields, serviceId: service?.id ?? null, to };
}

/** In another place that was offered. */
export function placedAt(fields: Fields, start: string, end: string, resourceId: number): Fields {
  return { ...fields, date: dateOf(start), from: timeOf(start), to: timeOf(end), resourceId };
}

/** Minutes; an end that is not after the beginning is the next day's. */
export function lengthOf({ date, from, to }: Fields): number {
  const minutes = minutesBetween(`${date}T${from}:00`, `${date}T${to}:00`);
  return minutes > 0 ? minutes : minutes + 1440;
}

/** What the API is asked for. */
export function draftOf(fields: Fields, zone: string): Draft {
  const start = `${fields.date}T${fields.from}:00`;
  return {
    start: instantOf(start, zone),
    end: instantOf(plusMinutes(start, lengthOf(fields)), zone),
    resource_id: fields.resourceId,
    service_id: fields.serviceId,
    ...(fields.title.trim() ? { title: fields.title.trim() } : {}),
    customer_name: fields.name.trim(),
    customer_phone: fields.phone.trim() || null,
    notes: fields.notes.trim() || null,
    ...(fields.conversationId ? { conversation_id: fields.conversationId } : {}),
  };
}

/** The resource's calendar that a new appointment falls to when nobody chose one. */
export const firstResource = (resources: Resource[], shown: ReadonlySet<number>): number =>
  (resources.find(({ id }) => shown.has(id)) ?? resources[0])?.id ?? 0;
