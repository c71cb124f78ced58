import { agendaPart } from "./shop_agenda.js";
import { dataPart } from "./shop_data.js";
import { hoursPart } from "./shop_hours.js";
import { viewOfParts } from "./page.js";
import { setupPart } from "./shop_setup.js";
import { tenantsPart } from "./shop_tenants.js";
import { denied } from "./states.js";

/** What the shop is: the guided set-up, its data, when it answers and what can be booked. */
export const view = viewOfParts("tienda", "Tienda", ({ isPlatformAdmin }) => [
  ["", "Puesta en marcha", forManagers(setupPart)],
  ["datos", "Datos y bot", forManagers(dataPart)],
  ["horarios", "Horarios", forManagers(hoursPart)],
  ["agenda", "Servicios y agenda", forManagers(agendaPart)],
  ...(isPlatformAdmin ? [["tiendas", "Todas las tiendas", tenantsPart]] : []),
]);

function forManagers(mount) {
  return (place, context, route) => {
    if (context.can("settings")) return mount(place, context, route);
    place.append(denied("Los datos de la tienda"));
    return () => {};
  };
}
