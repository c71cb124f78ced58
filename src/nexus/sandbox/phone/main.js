import { listCustomers, listFaults, listNumbers } from "./api.js";
import { askForCustomer } from "./customers.js";
import { openFaults, switchedOn, turnAllOff } from "./faults.js";
import { h, reconcile } from "./dom.js";
import { phone as readable } from "./format.js";
import { phoneView } from "./phone_view.js";

const WIDE = matchMedia("(min-width: 1100px)");
const page = Object.fromEntries(["notice", "number-choice", "number", "panel-link", "add-customer", "faults", "faults-on", "tabs", "phones"]
  .map((id) => [id, document.getElementById(id)]));
const state = { numbers: [], customers: [], faults: [], number: null, recent: [] };
const open = new Map();

/** The customers on screen, in the list's order, so a phone never changes its place. */
function visible() {
  const chosen = state.recent.slice(0, WIDE.matches ? 3 : 1);
  return state.customers.filter((customer) => chosen.includes(customer.phone));
}

const used = (phone) => { state.recent = [phone, ...state.recent.filter((other) => other !== phone)]; };

function show(phone) {
  used(phone);
  draw();
}

function draw() {
  const shown = visible();
  drawTabs(shown);
  const views = state.number ? shown.map(viewOf) : [];
  for (const view of open.values()) if (!views.includes(view)) view.stop();
  for (const view of views) view.start();
  reconcile(page.phones, views.length ? views.map((view) => view.element) : [blank()]);
}

/** A phone, made once: put away and taken out again it still has its draft and what failed to send. */
function viewOf(customer) {
  const key = `${customer.phone} ${state.number.phone}`;
  if (!open.has(key)) {
    const view = phoneView({ ...customer }, state.number, { onMoved });
    // The phone in use is the last one to give up its place to another customer.
    view.element.addEventListener("focusin", () => used(customer.phone));
    open.set(key, view);
  }
  open.get(key).update(customer);
  return open.get(key);
}

/** She changed her number or hides it: her phone is read afresh and stays on screen. */
async function onMoved(phone) {
  used(phone);
  await load();
  show(phone);
}

function drawTabs(shown) {
  page.tabs.hidden = state.customers.length <= (WIDE.matches ? 3 : 1);
  page.tabs.replaceChildren(...state.customers.map((customer) => h("button", {
    class: "tab",
    type: "button",
    "aria-pressed": String(shown.includes(customer)),
    onclick: () => {
      show(customer.phone);
      page.tabs.children[state.customers.indexOf(customer)].focus();
    },
  }, customer.name)));
}

function blank() {
  const [title, text] = state.number
    ? ["Todavía no hay clientes", "Agregá uno y escribile al negocio desde su teléfono."]
    : ["No hay ningún número de negocio conectado", "El simulador lo recibe cuando arranca la demo (./nexus demo). Esta página se entera sola."];
  return h("div", { class: "blank" }, h("strong", {}, title), h("p", {}, text),
    state.number && h("button", { class: "button", type: "button", onclick: add }, "Agregar cliente"));
}

function drawNumbers() {
  page["number-choice"].hidden = state.numbers.length < 2;
  page.number.replaceChildren(...state.numbers.map((number) => h("option", {
    value: number.phone, selected: number === state.number,
  }, [number.store_name, readable(number.phone)].filter(Boolean).join(" · "))));
}

/** Nobody may forget that something is broken on purpose. */
function drawFaults() {
  const names = switchedOn(state.faults);
  const signature = names.join(" · ");
  if (signature === drawFaults.last) return;
  drawFaults.last = signature;
  page["faults-on"].hidden = !names.length;
  page["faults-on"].replaceChildren(h("span", {}, h("strong", {}, "Fallas prendidas: "), signature),
    h("button", { class: "notice-action", type: "button", onclick: () => turnAllOff().then(load, load) }, "Apagar todo"));
}

function add() {
  askForCustomer(state.customers, (customer) => onMoved(customer.phone));
}

/** Numbers and customers, afresh; the choices made on this page stay. */
async function load() {
  try {
    [state.numbers, state.customers, state.faults] = await Promise.all([listNumbers(), listCustomers(), listFaults()]);
  } catch {
    // The sandbox is away or restarting: keep what is on screen and say it.
    page.notice.textContent = "El simulador no contesta. Reintentando…";
    page.notice.hidden = false;
    return;
  }
  page.notice.hidden = true;
  drawFaults();
  page.phones.removeAttribute("aria-busy");
  const wanted = state.number?.phone ?? new URLSearchParams(location.search).get("to");
  state.number = state.numbers.find((number) => number.phone === wanted) ?? state.numbers[0] ?? null;
  const known = state.customers.map((customer) => customer.phone);
  state.recent = [...state.recent.filter((phone) => known.includes(phone)), ...known.filter((phone) => !state.recent.includes(phone))];
  const signature = JSON.stringify([state.numbers, state.customers]);
  if (signature === load.last) return;
  load.last = signature;
  drawNumbers();
  draw();
}

function linkPanel() {
  const address = document.querySelector('meta[name="nexus-panel-url"]').content;
  if (!/^https?:\/\//.test(address)) return;
  page["panel-link"].href = address;
  page["panel-link"].hidden = false;
}

page["add-customer"].addEventListener("click", add);
page.faults.addEventListener("click", () => openFaults(load));
page.number.addEventListener("change", () => {
  state.number = state.numbers.find((number) => number.phone === page.number.value);
  draw();
});
WIDE.addEventListener("change", draw);
setInterval(() => document.hidden || load(), 5000);
linkPanel();
load();
