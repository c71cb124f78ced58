import { useCallback, useEffect, useState } from "react";

import { AgendaView } from "./AgendaView";
import type { Api, ApiError } from "./api";
import { Frame } from "./Frame";
import type { Me } from "./shapes";
import type { Connect } from "./useAgenda";

const TENANT_KEY = "nexus.tenant"; // the panel remembers the shop under the same name

interface Props {
  api: Api;
  connect: Connect;
  panel: string;
}

/** Finds out who is here: the agenda for a session, the way to the panel's login without one. */
export function App({ api, connect, panel }: Props) {
  const [me, setMe] = useState<Me | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [tenantId, setTenantId] = useState(() => Number(localStorage.getItem(TENANT_KEY)));

  const ask = useCallback(async () => {
    try {
      setMe(await api.get<Me>("/admin/me"));
      setProblem(null);
    } catch (error) {
      setMe(null);
      setProblem(error as ApiError);
    }
  }, [api]);

  useEffect(() => {
    void ask();
  }, [ask]);

  // Somebody who went to sign in elsewhere and came back should not have to press anything.
  useEffect(() => {
    if (problem === null) return undefined;
    const back = () => void ask();
    addEventListener("focus", back);
    return () => removeEventListener("focus", back);
  }, [problem, ask]);

  if (problem?.status === 401) return <SignIn panel={panel} />;
  if (problem) {
    return (
      <main className="blank trouble">
        <h1>No se puede abrir la agenda</h1>
        <p>{problem.message}</p>
        <button className="button primary" type="button" onClick={() => void ask()}>Reintentar</button>
      </main>
    );
  }
  if (!me) return <main aria-busy="true" aria-label="Abriendo la agenda" />;

  const tenant = me.tenants.find(({ id }) => id === tenantId) ?? me.tenants[0];
  const choose = (id: number) => {
    localStorage.setItem(TENANT_KEY, String(id));
    setTenantId(id);
  };
  const leave = () => {
    void api.send("POST", "/admin/logout", {}).catch(() => null).finally(() => void ask());
  };
  return (
    <Frame panel={panel} me={me} tenant={tenant} onTenant={choose} onLeave={leave}>
      {tenant ? (
        <AgendaView key={tenant.id} api={api} connect={connect} tenant={tenant} panel={panel} onSignedOut={ask} />
      ) : (
        <div className="blank">
          <h1>Tu usuario todavía no tiene tienda</h1>
          <p>Pedile a quien administra Nexus que te sume a una.</p>
        </div>
      )}
    </Frame>
  );
}

function SignIn({ panel }: { panel: string }) {
  return (
    <main className="blank trouble">
      <h1>Ingresá para ver la agenda</h1>
      <p>Usás la misma cuenta que en el panel; al volver, la agenda se abre sola.</p>
      <a className="button primary" href={panel}>Ingresar en el panel</a>
    </main>
  );
}
