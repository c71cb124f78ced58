import type { Alternative, Resource } from "./shapes";
import { wallOf } from "./wall";
import { momentWords } from "./words";

interface Props {
  free: Alternative[];
  zone: string;
  resources: Resource[];
  onPick(place: Alternative): void;
}

/** The free places near one that could not be had. */
export function Alternatives({ free, zone, resources, onPick }: Props) {
  if (free.length === 0) return <p>No hay otro horario libre cerca.</p>;
  const several = resources.length > 1;
  return (
    <div className="alternatives">
      <p>Libres cerca:</p>
      <ul>
        {free.map((place) => (
          <li key={`${place.start}${place.resource_id}`}>
            <button className="button" type="button" onClick={() => onPick(place)}>
              {momentWords(wallOf(place.start, zone))}
              {several && <span className="quiet">{resources.find(({ id }) => id === place.resource_id)?.name}</span>}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
