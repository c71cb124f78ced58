import { countWords, eraseAfterAsking, lastFour } from "../erasing.js";
import { h } from "../html.js";
import { toast, toastFailure } from "../toast.js";
import { chatName } from "./chat_row.js";

/** A customer's data in her hands, and their end, for whoever manages the shop. Returns {element, open}. */
export function dataPart({ api, mayManage, chat }) {
  const download = h("a", { class: "link", download: true }, "Descargar sus datos");
  const erase = h("button", { class: "link", type: "button", onclick: ask }, "Borrar sus datos…");
  let id = null;

  async function ask() {
    const asked = id;
    erase.disabled = true;
    try {
      const counts = await eraseAfterAsking(api, { conversation_id: asked }, chatName(chat), lastFour(chat.external_user_id));
      if (!counts) return;
      toast(`Borrado: ${countWords(counts)}.`);
      if (location.hash.includes(asked)) location.hash = "#/chats";
    } catch (error) {
      toastFailure("No se pudo borrar.", error);
    } finally {
      erase.disabled = false;
    }
  }

  return {
    element: h("section", { class: "context-part", hidden: !mayManage }, h("h3", {}, "Sus datos"), h("div", { class: "context-actions" }, download, erase)),
    open(chatId) {
      id = chatId;
      download.href = api.fileUrl(`/admin/privacy/export?conversation_id=${encodeURIComponent(chatId)}`);
    },
  };
}
