import { h } from "../html.js";
import { resetForm } from "./password_reset.js";

/** The login form and the way back in without the password; `onSignedIn` follows a good one. */
export function mountLogin(root, api, { notice, onSignedIn }) {
  document.title = "Ingresar · Nexus";
  const place = h("main", { class: "login" });
  root.append(place);
  signIn({ note: notice });
  return () => {};

  function signIn({ note = "", address = "" } = {}) {
    const form = loginForm(api, { note, address, onSignedIn, onForgot: forgot });
    place.replaceChildren(form.element);
    form.focus();
  }

  function forgot(address) {
    const form = resetForm(api, {
      address,
      onBack: (given) => signIn({ address: given }),
      onDone: (given) => signIn({ address: given, note: "Listo: ya podés ingresar con tu contraseña nueva." }),
    });
    place.replaceChildren(form.element);
    form.focus();
  }
}

function loginForm(api, { note, address, onSignedIn, onForgot }) {
  const email = h("input", { class: "input", id: "email", name: "email", type: "email", autocomplete: "username", required: true, spellcheck: "false", value: address });
  const password = h("input", { class: "input", id: "password", name: "password", type: "password", autocomplete: "current-password", required: true });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const button = h("button", { class: "button primary", type: "submit" }, "Ingresar");
  const element = h("form", { class: "login-form", method: "post", onsubmit: submit },
    h("h1", {}, "Nexus"),
    h("p", { class: "login-note", role: note ? "status" : null }, note || "Las conversaciones de tu tienda, en un solo lugar."),
    h("label", { class: "field" }, h("span", {}, "E-mail"), email),
    h("label", { class: "field" }, h("span", {}, "Contraseña"), password),
    problem, button,
    h("button", { class: "button plain", type: "button", onclick: () => onForgot(email.value.trim()) }, "Olvidé mi contraseña"));

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    button.textContent = "Ingresando…";
    problem.hidden = true;
    try {
      await api.write("/admin/login", { email: email.value.trim(), password: password.value });
      await onSignedIn();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
      button.disabled = false;
      button.textContent = "Ingresar";
      password.select();
    }
  }

  return { element, focus: () => (address ? password : email).focus() };
}
