import type { ReactNode } from "react";

import { Icon } from "./Icon";
import type { Me, Tenant } from "./shapes";

const ROLES = { owner: "Dueño", manager: "Encargado", agent: "Atención", "read-only": "Solo lectura" };

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
  const named = ({ store_name: name, role }: Tenant) => `${name} · ${ROLES[role]}`;
  return (
    <div className="frame">
      <nav className="rail" aria-label="Secciones">
        <div className="rail-views">
          <a className="rail-item" href={`${panel}#/chats`}><Icon name="chats" />Chats</a>
          <a className="rail-item" href="./" aria-current="page"><Icon name="calendar" />Agenda</a>
        </div>
        <button className="rail-item" type="button" popoverTarget="account"><Icon name="person" />Cuenta</button>
      </nav>
      <main className="place">{children}</main>
      <div className="account" id="account" popover="auto">
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
        <button className="button" type="button" onClick={onLeave}>Salir</button>
      </div>
    </div>
  );
}
