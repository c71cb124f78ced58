import { h } from "../html.js";

const SIDE_PX = 512;

/**
 * A picture that has not been uploaded, drawn small: the page's policy lets nothing load from `blob:`, and a
 * canvas holds no more of a 5 MB photo than is seen.
 */
export function localPicture(file, { onBroken = () => {} } = {}) {
  const canvas = h("canvas", { width: "1", height: "1", role: "img", "aria-label": `Foto ${file.name}` });
  draw(canvas, file).catch(onBroken);
  return canvas;
}

async function draw(canvas, file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, SIDE_PX / Math.max(bitmap.width, bitmap.height));
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
}
