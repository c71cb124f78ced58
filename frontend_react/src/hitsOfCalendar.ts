// Side by side, the same hour of two calendars is two places. FullCalendar compares places by their time alone and so
// overlooks a straight step from one calendar into the next: here each place remembers whose it is. It has to come
// before the interaction plugin, which reads its settings once.

import { createPlugin } from "@fullcalendar/core";
import { type DateComponent, type Hit, Interaction, type InteractionSettings } from "@fullcalendar/core/internal";

class HitsOfCalendar extends Interaction {
  constructor(settings: InteractionSettings) {
    super(settings);
    settings.useEventCenter = false; // measured from the middle of half an hour, a touch would move by a quarter
    const component: DateComponent<unknown> = settings.component;
    const queryHit = component.queryHit.bind(component);
    component.queryHit = (...at: Parameters<typeof queryHit>): Hit | null => {
      const hit = queryHit(...at);
      if (hit) hit.dateSpan.calendar = component.context.calendarApi;
      return hit;
    };
  }
}

export default createPlugin({ name: "hits-of-calendar", componentInteractions: [HitsOfCalendar] });
