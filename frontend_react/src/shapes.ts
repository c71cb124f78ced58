// What the admin API says (contract section 4). Times are RFC 3339; dates are local to the shop.

export type Status = "scheduled" | "confirmed" | "cancelled" | "attended" | "no_show";

export interface Appointment {
  id: string;
  tenant_id: number;
  title: string;
  start: string;
  end: string;
  status: Status;
  source: "ai" | "manual";
  customer_name: string;
  customer_phone: string | null;
  conversation_id: string | null;
  resource_id: number;
  service_id: number | null;
  notes: string | null;
  version: number;
}

export interface Block {
  id: number;
  resource_id: number | null;
  start: string;
  end: string;
  reason: string | null;
}

export interface Holiday {
  date: string;
  name: string;
}

export interface Resource {
  id: number;
  name: string;
  color: string;
  active: boolean;
}

export interface Service {
  id: number;
  name: string;
  minutes: number;
  active: boolean;
}

/** One interval of a weekday (0 is Monday), wall times "09:00"; the end of a day is "24:00". */
export interface Hours {
  resource_id: number;
  weekday: number;
  opens: string;
  closes: string;
}

export interface Contact {
  conversation_id: string | null;
  name: string;
  phone: string | null;
}

/** A free place near a taken one. */
export interface Alternative {
  start: string;
  end: string;
  resource_id: number;
}

/** What `GET /admin/appointments` answers. */
export interface Stretch {
  items: Appointment[];
  blocks: Block[];
  holidays: Holiday[];
  time_zone: string;
}

export interface Tenant {
  id: number;
  store_name: string;
  role: "owner" | "manager" | "agent" | "read-only";
  time_zone: string;
}

export interface Me {
  user: { email: string } | null;
  tenants: Tenant[];
}

/** Local dates "2025-11-24"; the end is exclusive. */
export interface Range {
  start: string;
  end: string;
}

/** What a form or a drag asks for; what is left out stays. */
export interface Draft {
  start: string;
  end: string;
  resource_id: number;
  service_id: number | null;
  title?: string;
  customer_name: string;
  customer_phone: string | null;
  notes: string | null;
  conversation_id?: string;
}
