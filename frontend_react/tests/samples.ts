import type { Appointment, Resource } from "../src/shapes";
import type { Look } from "../src/mapper";

export const ZONE = "America/Argentina/Buenos_Aires";

export const appointment = (change: Partial<Appointment> = {}): Appointment => ({
  id: "a1", tenant_id: 1, title: "Turno", start: "2026-11-26T14:00:00-03:00", end: "2026-11-26T15:00:00-03:00",
  status: "scheduled", source: "manual", customer_name: "Lucía", customer_phone: "+5491155550123", conversation_id: null,
  resource_id: 1, service_id: 1, notes: null, version: 1, ...change,
});

export const RESOURCES: Resource[] = [
  { id: 1, name: "Ana", color: "teal", active: true },
  { id: 2, name: "Bruno", color: "no such color", active: true },
];

export const look = (change: Partial<Look> = {}): Look => ({
  zone: ZONE, resources: RESOURCES, shown: new Set([1, 2]), readOnly: false, pending: new Set(), withCancelled: false, ...change,
});
