import { h } from "../html.js";

/** The login form; `onSignedIn` follows a good one. */
export function mountLogin(root, api, { notice, onSignedIn }) {
  document.title = "Ingresar · Nexus";
  const email = h("input", { class: "input", id: "email", name: "email", type: "email", autocomplete: "username", required: true, spellcheck: "false" });
  const password = h("input", { class: "input", id: "password", name: "password", type: "password", autocomplete: "current-password", required: true });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const button = h("button", { class: "button primary", type: "submit" }, "Ingresar");
  const form = h("form", { class: "login-form", method: "post", onsubmit: submit },
    h("h1", {}, "Nexus"),
    h("p", { class: "login-note" }, notice || "Las conversaciones de tu tienda, en un solo lugar."),
    h("label", { class: "field" }, h("span", {}, "E-mail"), email),
    h("label", { class: "field" }, h("span", {}, "Contraseña"), password),
    problem, button);

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

  root.append(h("main", { class: "login" }, form));
  email.focus();
  return () => {};
}
