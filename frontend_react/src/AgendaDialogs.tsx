import { useCallback } from "react";

import { Alternatives } from "./Alternatives";
import type { Api, ApiError } from "./api";
import { AppointmentDialog, CAN_BE_FORCED } from "./AppointmentDialog";
import { Dialog } from "./Dialog";
import { type Fields, fieldsOf, newFields } from "./formDraft";
import type { Alternative, Appointment, Contact, Draft, Resource, Service, Status, Tenant } from "./shapes";
import type { Agenda } from "./useAgenda";
import { wallOf } from "./wall";
import { momentWords } from "./words";

/** Which dialog is open. */
export type Open =
  | { kind: "new"; start: string; end: string | null; resourceId: number }
  | { kind: "appointment"; id: string }
  | { kind: "block"; id: number }
  | ({ kind: "conflict"; appointment: Appointment; error: ApiError } & Alternative);

interface Props {
  open: Open;
  api: Api;
  agenda: Agenda;
  tenant: Tenant;
  panel: string;
  readOnly: boolean;
  resources: Resource[];
  services: Service[];
  toDraft(fields: Fields): Draft;
  onStatus(one: Appointment, status: Status): void;
  onMove(one: Appointment, place: Alternative, force: boolean): void;
  onTell(text: string): void;
  onClose(): void;
}

export function AgendaDialogs(props: Props) {
  const { open, api, agenda, tenant, resources, services, onClose } = props;
  const zone = tenant.time_zone;
  const find = useCallback(async (words: string) => {
    const query = new URLSearchParams({ q: words });
    return (await api.get<{ items: Contact[] }>(`/admin/agenda/contacts?${query}`, tenant.id)).items;
  }, [api, tenant.id]);
  const shared = { zone, resources, services, panel: props.panel, readOnly: props.readOnly, find, onClose };

  if (open.kind === "conflict") return <Conflict {...props} open={open} zone={zone} />;
  if (open.kind === "block") return <BlockDialog {...props} id={open.id} zone={zone} />;
  if (open.kind === "new") {
    const block = async (fields: Fields) => {
      const { start, end, resource_id, title } = props.toDraft(fields);
      await api.send("POST", "/admin/agenda/blocks", { start, end, resource_id, ...(title ? { reason: title } : {}) }, tenant.id);
      agenda.refetch();
    };
    return (
      <AppointmentDialog
        {...shared} appointment={null} fields={newFields(open.start, open.end, open.resourceId, services)}
        onSave={async (fields, force) => {
          const made = await agenda.create(props.toDraft(fields), force);
          props.onTell(`${made.customer_name}: ${momentWords(wallOf(made.start, zone))}.`);
        }}
        onBlock={block} onStatus={() => undefined}
      />
    );
  }
  const appointment = agenda.appointments.find(({ id }) => id === open.id);
  if (!appointment) return <Gone onClose={onClose} />;
  return (
    <AppointmentDialog
      {...shared} key={open.id} appointment={appointment} fields={fieldsOf(appointment, zone)}
      onSave={async (fields, force) => {
        const { conversation_id: _, ...draft } = props.toDraft(fields);
        await agenda.change(open.id, draft, force);
      }}
      onStatus={(status) => props.onStatus(appointment, status)}
    />
  );
}

function Conflict({ open, zone, resources, onMove, onClose }: Props & { open: Extract<Open, { kind: "conflict" }>; zone: string }) {
  const { appointment, error, start, end, resource_id } = open;
  const closed = CAN_BE_FORCED.has(error.code);
  return (
    <Dialog title={`No se movió a ${appointment.customer_name}`} onClose={onClose}>
      <p>{error.message}</p>
      <p className="quiet">Sigue {momentWords(wallOf(appointment.start, zone))}.</p>
      {error.alternatives.length > 0 && (
        <Alternatives free={error.alternatives} zone={zone} resources={resources} onPick={(place) => onMove(appointment, place, false)} />
      )}
      <div className="dialog-actions">
        {closed && (
          <button className="button" type="button" onClick={() => onMove(appointment, { start, end, resource_id }, true)}>Mover igual</button>
        )}
        <button className="button primary" type="button" onClick={onClose}>Dejarlo donde estaba</button>
      </div>
    </Dialog>
  );
}

function BlockDialog({ api, agenda, tenant, readOnly, zone, id, resources, onTell, onClose }: Props & { id: number; zone: string }) {
  const block = agenda.blocks.find((one) => one.id === id);
  if (!block) return null;
  const whose = resources.find((one) => one.id === block.resource_id)?.name;
  const remove = async () => {
    try {
      await api.send("DELETE", `/admin/agenda/blocks/${id}`, undefined, tenant.id);
      agenda.refetch();
      onClose();
    } catch (error) {
      onTell(`No se pudo desbloquear. ${(error as ApiError).message}`);
    }
  };
  return (
    <Dialog title={block.reason || "Bloqueado"} onClose={onClose}>
      <p>De {momentWords(wallOf(block.start, zone))} a {momentWords(wallOf(block.end, zone))}{whose ? `, ${whose}` : ""}.</p>
      <div className="dialog-actions">
        {!readOnly && <button className="button danger" type="button" onClick={() => void remove()}>Desbloquear</button>}
        <button className="button primary" type="button" onClick={onClose}>Cerrar</button>
      </div>
    </Dialog>
  );
}

function Gone({ onClose }: { onClose(): void }) {
  return (
    <Dialog title="Turno cancelado" onClose={onClose}>
      <p>Alguien lo canceló mientras lo mirabas.</p>
      <div className="dialog-actions"><button className="button primary" type="button" onClick={onClose}>Cerrar</button></div>
    </Dialog>
  );
}
