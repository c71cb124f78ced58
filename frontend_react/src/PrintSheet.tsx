import { useEffect, useState } from "react";
import { flushSync } from "react-dom";

import { phone } from "../../platform_ui/js/format.js";
import type { Appointment, Resource } from "./shapes";
import { dateOf, timeOf, wallOf } from "./wall";
import { dayWords, STATUS } from "./words";

interface Props {
  appointments: Appointment[];
  resources: Resource[];
  zone: string;
}

/** What goes on paper instead of the calendar, and only then: a table for each day, with phones and notes. */
export function PrintSheet({ appointments, resources, zone }: Props) {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    const begin = () => flushSync(() => setPrinting(true)); // the browser takes the page as it is when this returns
    const end = () => setPrinting(false);
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    return () => {
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
    };
  }, []);
  if (!printing) return null;

  const rows = appointments
    .map((one) => ({ one, from: wallOf(one.start, zone), to: wallOf(one.end, zone) }))
    .sort((a, b) => a.from.localeCompare(b.from) || a.one.resource_id - b.one.resource_id);
  const days = [...new Set(rows.map(({ from }) => dateOf(from)))];
  const several = resources.length > 1;
  return (
    <div className="sheet">
      {days.length === 0 && <p>Sin turnos en estos días.</p>}
      {days.map((day) => (
        <table key={day}>
          <caption>{dayWords(day, day)}</caption>
          <tbody>
            {rows.filter(({ from }) => dateOf(from) === day).map(({ one, from, to }) => (
              <tr key={one.id}>
                <td>{timeOf(from)} a {timeOf(to)}</td>
                <th scope="row">{one.customer_name}</th>
                <td>{one.customer_phone && phone(one.customer_phone)}</td>
                <td>{one.title}{one.notes && <small>{one.notes}</small>}</td>
                {several && <td>{resources.find(({ id }) => id === one.resource_id)?.name}</td>}
                <td>{STATUS[one.status].word}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </div>
  );
}
