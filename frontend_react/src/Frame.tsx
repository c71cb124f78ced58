import { type ReactNode, useRef } from "react";

import { Icon } from "./Icon";
import type { Me, Tenant } from "./shapes";

const ROLES = { owner: "Dueño", manager: "Encargado", agent: "Atención", "read-only": "Solo lectura" };

interface Room {
  name: string;
  label: string;
  icon: string;
  /** Stands in the bar of a narrow screen; the others are behind "Más". */
  first?: boolean;
  roles?: Tenant["role"][];
}

// The panel's rooms in its rail's order, for the roles that its own rail shows them to.
const ROOMS: Room[] = [
  { name: "tienda", label: "Tienda", icon: "shop", roles: ["owner", "manager"] },
  { name: "conocimiento", label: "Conocimiento", icon: "book", roles: ["owner", "manager", "agent"] },
  { name: "metricas", label: "Métricas", icon: "chart", first: true },
  { name: "registro", label: "Registro", icon: "list" },
  { name: "salud", label: "Salud", icon: "health", first: true },
  { name: "ajustes", label: "Ajustes", icon: "gear", roles: ["owner", "manager"] },
];

interface Props {
  panel: string;
  me: Me;
  tenant: Tenant | undefined;
  onTenant(id: number): void;
  onLeave(): void;
  children: ReactNode;
}

/** The panel's rail, with the agenda as its current place. */
export function Frame({ panel, me, tenant, onTenant, onLeave, children }: Props) {
  const more = useRef<HTMLDivElement>(null);
  const account = useRef<HTMLDivElement>(null);
  const named = ({ store_name: name, role }: Tenant) => `${name} · ${ROLES[role]}`;
  const rooms = ROOMS.filter(({ roles }) => tenant && (!roles || roles.includes(tenant.role)));
  const linkTo = ({ name, label, icon, first }: Room, kind: string) => (
    <a key={name} className={first ? `${kind} first` : kind} href={`${panel}#/${name}`}><Icon name={icon} />{label}</a>
  );
  // A card opened from "Más" takes its place: a popover within a popover would lie over it.
  const toAccount = () => {
    more.current?.hidePopover();
    account.current?.showPopover();
  };
  return (
    <div className="frame">
      <nav className="rail" aria-label="Secciones">
        <div className="rail-views">
          <a className="rail-item first" href={`${panel}#/chats`}><Icon name="chats" />Chats</a>
          <a className="rail-item first" href="./" aria-current="page"><Icon name="calendar" />Agenda</a>
          {rooms.map((room) => linkTo(room, "rail-item"))}
        </div>
        <div className="rail-foot">
          <button className="rail-item more-button" type="button" popoverTarget="more"><Icon name="more" />Más</button>
          <button className="rail-item" type="button" popoverTarget="account"><Icon name="person" />Cuenta</button>
        </div>
      </nav>
      <main className="place">{children}</main>
      <div className="card-menu" id="more" popover="auto" ref={more}>
        {rooms.filter(({ first }) => !first).map((room) => linkTo(room, "menu-item"))}
        <button className="menu-item" type="button" onClick={toAccount}><Icon name="person" />Cuenta</button>
      </div>
      <div className="card-menu account" id="account" popover="auto" ref={account}>
        <p className="account-who">
          <strong>{me.user?.email ?? "Nexus"}</strong>
          {tenant && me.tenants.length === 1 && <span>{named(tenant)}</span>}
        </p>
        {me.tenants.length > 1 && (
          <label className="field">
            <span>Tienda</span>
            <select className="input" value={tenant?.id} onChange={(event) => onTenant(Number(event.target.value))}>
              {me.tenants.map((one) => <option key={one.id} value={one.id}>{named(one)}</option>)}
            </select>
          </label>
        )}
        <button className="menu-item" type="button" onClick={onLeave}><Icon name="back" />Salir</button>
      </div>
    </div>
  );
}
