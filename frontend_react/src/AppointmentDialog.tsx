import { type FormEvent, useId, useState } from "react";

import { Alternatives } from "./Alternatives";
import type { ApiError } from "./api";
import { ContactField } from "./ContactField";
import { Dialog } from "./Dialog";
import { clockOf, type Fields, placedAt, startingAt, withService } from "./formDraft";
import { Icon } from "./Icon";
import type { Alternative, Appointment, Contact, Resource, Service, Status } from "./shapes";
import { wallOf } from "./wall";
import { dayWords, NEXT, STATUS } from "./words";

/** Refusals that a person of the shop may overrule; another appointment never. */
export const CAN_BE_FORCED = new Set(["outside_hours", "holiday", "blocked"]);

interface Props {
  appointment: Appointment | null;
  fields: Fields;
  zone: string;
  resources: Resource[];
  services: Service[];
  readOnly: boolean;
  panel: string;
  find(words: string): Promise<Contact[]>;
  /** Throws ApiError. */
  onSave(fields: Fields, force: boolean): Promise<void>;
  /** Blocks the period instead, for a new one. Throws ApiError. */
  onBlock?: (fields: Fields) => Promise<void>;
  onStatus(status: Status): void;
  onClose(): void;
}

/** Makes an appointment, or shows one: who, for what, when, and what became of it. */
export function AppointmentDialog(props: Props) {
  const { appointment, zone, resources, services, readOnly } = props;
  const [fields, setFields] = useState(props.fields);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [saving, setSaving] = useState(false);
  const locked = readOnly || appointment?.status === "cancelled";
  const set = (change: Partial<Fields>) => setFields((now) => ({ ...now, ...change }));

  async function attempt(ask: () => Promise<void>) {
    setSaving(true);
    setProblem(null);
    try {
      await ask();
      props.onClose();
    } catch (error) {
      setProblem(error as ApiError);
      setSaving(false);
    }
  }

  const save = (wanted: Fields, force = false) => {
    setFields(wanted);
    void attempt(() => props.onSave(wanted, force));
  };
  const { onBlock } = props;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save(fields);
  };
  const take = ({ start, end, resource_id: id }: Alternative) =>
    save(placedAt(fields, wallOf(start, zone), wallOf(end, zone), id));

  return (
    <Dialog title={appointment ? "Turno" : "Nuevo turno"} onClose={props.onClose}>
      {appointment && <StatusBar appointment={appointment} readOnly={readOnly} onStatus={props.onStatus} />}
      <form onSubmit={submit}>
        <ContactField
          name={fields.name} disabled={locked} find={props.find} onName={(name) => set({ name, conversationId: null })}
          onPick={({ name, phone, conversation_id: conversationId }) => set({ name, phone: phone ?? "", conversationId })}
        />
        <Text label="Teléfono" type="tel" value={fields.phone} disabled={locked} onValue={(phone) => set({ phone })} />
        <div className="fields when">
          <Text label="Fecha" type="date" required value={fields.date} disabled={locked} hint={fields.date && dayWords(fields.date, fields.date)}
            onValue={(date) => set({ date })} />
          <Time label="Desde" value={fields.from} disabled={locked} onValue={(from) => setFields((now) => startingAt(now, from))} />
          <Time label="Hasta" value={fields.to} disabled={locked} onValue={(to) => set({ to })} />
        </div>
        <div className="fields">
          {services.length > 0 && (
            <Choice label="Servicio" value={fields.serviceId ?? 0} disabled={locked}
              onValue={(id) => setFields((now) => withService(now, services.find((one) => one.id === id)))}>
              <option value={0}>Otro</option>
              {services.map(({ id, name, minutes }) => <option key={id} value={id}>{`${name} (${minutes} min)`}</option>)}
            </Choice>
          )}
          {resources.length > 1 && (
            <Choice label="Con" value={fields.resourceId} disabled={locked} onValue={(resourceId) => set({ resourceId })}>
              {resources.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
            </Choice>
          )}
        </div>
        <Text label="Motivo" value={fields.title} disabled={locked} placeholder="El del servicio" onValue={(title) => set({ title })} />
        <label className="field">
          <span>Notas</span>
          <textarea className="input" rows={2} maxLength={4000} value={fields.notes} disabled={locked}
            onChange={(event) => set({ notes: event.target.value })} />
        </label>
        {problem && (
          <div className="problem" role="alert">
            <p>{problem.message}</p>
            {problem.status === 409 && <Alternatives free={problem.alternatives} zone={zone} resources={resources} onPick={take} />}
            {CAN_BE_FORCED.has(problem.code) && (
              <button className="button" type="button" onClick={() => save(fields, true)}>Guardar igual</button>
            )}
          </div>
        )}
        <div className="dialog-actions">
          {appointment?.conversation_id && (
            <a className="button plain" href={`${props.panel}#/chats/${appointment.conversation_id}`}>
              <Icon name="chats" />Ver la conversación
            </a>
          )}
          {onBlock && !locked && (
            <button className="button plain" type="button" disabled={saving} onClick={() => void attempt(() => onBlock(fields))}>
              <Icon name="lock" />Bloquear el horario
            </button>
          )}
          <button className="button" type="button" onClick={props.onClose}>{locked ? "Cerrar" : "Descartar"}</button>
          {!locked && (
            <button className="button primary" type="submit" disabled={saving}>{saving ? "Guardando…" : appointment ? "Guardar" : "Reservar"}</button>
          )}
        </div>
      </form>
    </Dialog>
  );
}

function StatusBar({ appointment, readOnly, onStatus }: { appointment: Appointment; readOnly: boolean; onStatus(status: Status): void }) {
  const { status, source } = appointment;
  return (
    <div className={`status-bar is-${status}`}>
      <p className="status-now">
        <Icon name={STATUS[status].icon} /><strong>{STATUS[status].word}</strong>
        <span className="quiet">{source === "ai" ? "Lo reservó el bot" : "Lo reservó una persona"}</span>
      </p>
      {!readOnly && (
        <div className="status-actions">
          {NEXT[status].map(({ to, word }) => (
            <button key={to} className="button" type="button" onClick={() => onStatus(to)}>{word}</button>
          ))}
          {status !== "cancelled" && (
            <button className="button danger" type="button" onClick={() => onStatus("cancelled")}>Cancelar turno</button>
          )}
        </div>
      )}
    </div>
  );
}

interface TextProps {
  label: string;
  value: string;
  hint?: string;
  type?: string;
  required?: boolean;
  disabled: boolean;
  placeholder?: string;
  onValue(value: string): void;
}

function Text({ label, hint, onValue, ...rest }: TextProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} className="input" maxLength={200} {...rest} onChange={(event) => onValue(event.target.value)} />
      {hint && <span className="field-hint">{hint}</span>}
    </div>
  );
}

/** A time of day as it is written here, whatever the browser's language: its own field might ask for AM and PM. */
function Time({ label, value, disabled, onValue }: TextProps) {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id} className="input" required inputMode="numeric" maxLength={5} disabled={disabled} autoComplete="off"
        pattern="\s*([01]?\d|2[0-3])([:.h]?[0-5]\d)?\s*" title="Una hora, como 14:30" value={typed ?? value}
        onChange={(event) => {
          const clock = clockOf(event.target.value);
          setTyped(event.target.value);
          if (clock) onValue(clock);
        }}
        onBlur={() => {
          if (clockOf(typed ?? value)) setTyped(null);
        }}
      />
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: number;
  disabled: boolean;
  children: React.ReactNode;
  onValue(value: number): void;
}

function Choice({ label, value, disabled, children, onValue }: ChoiceProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <select className="input" value={value} disabled={disabled} onChange={(event) => onValue(Number(event.target.value))}>{children}</select>
    </label>
  );
}
