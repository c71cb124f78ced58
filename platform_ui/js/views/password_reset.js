import { h } from "../html.js";

/**
 * Two steps: who it is, then the code that came by e-mail with the new password. The code is only typed, it stands in
 * no address. Returns {element, focus}.
 */
export function resetForm(api, { address, onBack, onDone }) {
  const email = h("input", { class: "input", name: "email", type: "email", autocomplete: "username", required: true, spellcheck: "false", value: address });
  const code = h("input", { class: "input code", name: "code", type: "text", autocomplete: "one-time-code", required: true, spellcheck: "false", autocapitalize: "characters", placeholder: "ABCDE-FGHJK", maxlength: "20", "aria-describedby": "code-hint" });
  const password = h("input", { class: "input", name: "password", type: "password", autocomplete: "new-password", required: true, minlength: "10", maxlength: "1024", "aria-describedby": "password-hint" });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const button = h("button", { class: "button primary", type: "submit" });
  const fields = h("div", { class: "login-fields" });
  const note = h("p", { class: "login-note", role: "status" });
  const again = h("button", { class: "button plain", type: "button", onclick: ask }, "Mandarme otro código");
  // An invitation brings its code before anybody asked for one.
  const have = h("button", { class: "button plain", type: "button", onclick: enterCode }, "Ingresá el código");
  let asked = false;
  let sent = false;
  const element = h("form", { class: "login-form", method: "post", onsubmit: submit },
    h("h1", {}, "Contraseña nueva"), note, fields, problem, button, have, again,
    h("button", { class: "button plain", type: "button", onclick: () => onBack(email.value.trim()) }, "Volver a ingresar"));
  draw();

  function draw() {
    note.textContent = asked && !sent ? `Escribí el código que te llegó a ${email.value.trim()} y elegí tu contraseña.` : asked
      ? `Si ${email.value.trim()} tiene una cuenta, le mandamos un código. Vale 30 minutos; mirá también en el correo no deseado.`
      : "Decinos tu e-mail y te mandamos un código para elegir otra contraseña.";
    fields.replaceChildren(...(asked
      ? [field("Código", code, "code-hint", "Las 10 letras y números del correo; mayúsculas y guion dan igual."),
        field("Contraseña nueva", password, "password-hint", "10 caracteres o más. Una frase corta es fácil de recordar.")]
      : [field("E-mail", email)]));
    button.textContent = asked ? "Cambiar la contraseña" : "Mandarme el código";
    again.hidden = !asked;
    have.hidden = asked;
  }

  function enterCode() {
    if (!email.reportValidity()) return;
    asked = true;
    draw();
    code.focus();
  }

  async function ask() {
    await attempt(async () => {
      await api.write("/admin/password/forgot", { email: email.value.trim() });
      asked = true;
      sent = true;
      draw();
      code.focus();
    });
  }

  async function submit(event) {
    event.preventDefault();
    if (!asked) await ask();
    else await attempt(async () => {
      await api.write("/admin/password/reset", { email: email.value.trim(), code: code.value.trim(), password: password.value });
      onDone(email.value.trim());
    });
  }

  async function attempt(act) {
    button.disabled = true;
    problem.hidden = true;
    try {
      await act();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
    button.disabled = false;
  }

  return { element, focus: () => email.focus() };
}

const field = (label, input, id, hint) =>
  h("label", { class: "field" }, h("span", {}, label), input, hint && h("span", { class: "field-hint", id }, hint));
