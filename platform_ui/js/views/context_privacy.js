import { h } from "../html.js";
import { consentsPart } from "./context_consents.js";
import { dataPart } from "./context_data.js";

/** What a customer may ask of the shop about herself, beside her chat; comes when the panel is opened. Returns {element, open}. */
export function privacyParts(given) {
  const parts = [consentsPart(given), dataPart(given)];
  return {
    element: h("div", {}, parts.map(({ element }) => element)),
    open: (chatId) => parts.forEach((part) => part.open(chatId)),
  };
}
