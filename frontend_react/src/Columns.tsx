import type { EventInput } from "@fullcalendar/core";
import type { ComponentProps } from "react";
import { useLayoutEffect, useRef } from "react";

import { Calendar } from "./Calendar";
import { colorOf, type Held, openings } from "./mapper";
import type { Hours, Resource } from "./shapes";

interface Props extends Omit<ComponentProps<typeof Calendar>, "resourceId" | "view" | "hours" | "narrow"> {
  resources: Resource[];
  weekly: Hours[];
}

const resourceOf = (event: EventInput): number | null => {
  const held = event.extendedProps as Held;
  return held.kind === "block" ? held.block.resource_id : held.appointment.resource_id;
};

/** The day with one calendar for each resource, side by side, scrolled as one. */
export function Columns({ resources, weekly, events, ...rest }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // Where the day is now, or else where it begins.
    const line = place.current?.querySelector(".fc-timegrid-now-indicator-line");
    line?.scrollIntoView({ block: "center" });
  }, [rest.date]);
  return (
    // fc-scroller: FullCalendar scrolls such an element by itself when something is dragged to its edge.
    <div className="columns fc-scroller" ref={place}>
      {resources.map((resource) => (
        <section className="column" key={resource.id} aria-label={resource.name}>
          <h2 className={`column-head mark-${colorOf(resource)}`}><span className="swatch" />{resource.name}</h2>
          <Calendar
            {...rest}
            view="day"
            narrow={false}
            resourceId={resource.id}
            hours={openings(weekly, new Set([resource.id]))}
            events={events.filter((event) => [null, resource.id].includes(resourceOf(event)))}
          />
        </section>
      ))}
    </div>
  );
}
