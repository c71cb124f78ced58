import { createApi, detectApiBase } from "./api.js";
import { h } from "./html.js";

const app = document.getElementById("app");
const configured = document.querySelector('meta[name="nexus-api-base"]').content;
const api = createApi(detectApiBase(location, configured));
let leave = () => {};

function show(mount, ...rest) {
  leave();
  app.replaceChildren();
  leave = mount(app, api, ...rest);
}

/** Who is signed in needs no login, and who is not needs no frame: each comes alone. */
async function signIn(notice = "") {
  api.tenant = null;
  api.onSignedOut = () => {};
  // Nothing of the frame may go on asking while the login is on its way.
  leave();
  leave = () => {};
  const { mountLogin } = await import("./views/login.js");
  show(mountLogin, { notice, onSignedIn: start });
}

/** Finds out who is here: the frame for a session, the login without one. */
async function start() {
  try {
    api.tenant = null;
    // The frame is likely and comes while the API thinks; without a session it is asked for in vain once.
    const [{ body: me }, { mountFrame }] = await Promise.all([api.read("/admin/me"), import("./views/frame.js")]);
    api.onSignedOut = () => signIn("Tu sesión terminó. Ingresá de nuevo.");
    show(mountFrame, me, { onSignOut: signIn, onChanged: start });
  } catch (error) {
    if (error.status === 401) await signIn();
    else show(mountTrouble, error);
  }
}

function mountTrouble(root, _api, error) {
  root.append(h("main", { class: "blank trouble" },
    h("h1", {}, "No se puede abrir Nexus"), h("p", {}, error.message),
    h("button", { class: "button primary", type: "button", onclick: start }, "Reintentar")));
  return () => {};
}

start();
