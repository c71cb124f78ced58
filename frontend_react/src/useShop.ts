import { useCallback, useEffect, useState } from "react";

import type { Api } from "./api";
import type { Hours, Resource, Service } from "./shapes";

export interface Shop {
  resources: Resource[];
  services: Service[];
  hours: Hours[];
}

/** What the agenda of a shop is made of; null until it is known. Asked again with each `reload`. */
export function useShop(api: Api, tenant: number): { shop: Shop | null; reload: () => void } {
  const [shop, setShop] = useState<Shop | null>(null);
  const load = useCallback(async () => {
    const [resources, services, hours] = await Promise.all([
      api.get<{ items: Resource[] }>("/admin/agenda/resources", tenant),
      api.get<{ items: Service[] }>("/admin/agenda/services", tenant),
      api.get<{ items: { resource_id: number; hours: Omit<Hours, "resource_id">[] }[] }>("/admin/agenda/hours", tenant),
    ]);
    setShop({ resources: resources.items, services: services.items, hours: hours.items.flatMap(({ resource_id, hours: week }) => week.map((one) => ({ resource_id, ...one }))) });
  }, [api, tenant]);
  const reload = useCallback(() => {
    load().catch(() => null); // the appointments' own fetch says what is wrong, and asks again
  }, [load]);
  useEffect(reload, [reload]);
  return { shop, reload };
}
