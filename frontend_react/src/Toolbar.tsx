import { Icon } from "./Icon";
import { colorOf } from "./mapper";
import type { Resource } from "./shapes";
import { VIEW_WORDS, VIEWS, type View } from "./stretch";

interface Props {
  title: string;
  summary: string;
  view: View;
  isToday: boolean;
  resources: Resource[];
  shown: ReadonlySet<number>;
  editable: boolean;
  withCancelled: boolean;
  onView(view: View): void;
  onTurn(by: 1 | -1): void;
  onToday(): void;
  onToggle(id: number): void;
  onCancelled(shown: boolean): void;
  onNew(): void;
}

/** When, how and whose: the head of the agenda. */
export function Toolbar(props: Props) {
  const { title, summary, view, resources, shown } = props;
  return (
    <header className="agenda-top">
      <div className="agenda-when">
        <button className="button" type="button" onClick={props.onToday} disabled={props.isToday} aria-keyshortcuts="t">Hoy</button>
        <button className="icon-button" type="button" onClick={() => props.onTurn(-1)} aria-label="Anterior"><Icon name="back" /></button>
        <button className="icon-button" type="button" onClick={() => props.onTurn(1)} aria-label="Siguiente"><Icon name="forward" /></button>
        <div className="agenda-title">
          <h1 aria-live="polite">{title}</h1>
          <p>{summary}</p>
        </div>
      </div>
      <div className="agenda-how">
        <div className="segments" role="group" aria-label="Vista">
          {VIEWS.map((one) => (
            <button key={one} type="button" aria-pressed={one === view} onClick={() => props.onView(one)}>{VIEW_WORDS[one]}</button>
          ))}
        </div>
        <button className="icon-button printing" type="button" onClick={() => print()} aria-label="Imprimir"><Icon name="print" /></button>
        {props.editable && (
          <button className="button primary new" type="button" onClick={props.onNew} aria-keyshortcuts="n">
            <Icon name="plus" /><span>Nuevo turno</span><kbd>N</kbd>
          </button>
        )}
      </div>
      {(resources.length > 1 || view === "list") && (
        <div className="agenda-whose" role="group" aria-label="Qué se ve">
          {resources.length > 1 && resources.map((resource) => (
            <button
              key={resource.id} type="button" aria-pressed={shown.has(resource.id)}
              className={`filter mark-${colorOf(resource)}`} onClick={() => props.onToggle(resource.id)}
            >
              <span className="swatch" />{resource.name}
            </button>
          ))}
          {view === "list" && (
            <label className="check">
              <input type="checkbox" checked={props.withCancelled} onChange={(event) => props.onCancelled(event.target.checked)} />
              Ver cancelados
            </label>
          )}
        </div>
      )}
    </header>
  );
}
