// The tab's own sign: how many chats nobody has read. Drawn on a canvas, because the policy allows `data:` pictures only.

const SIDE = 64;
let shown = 0;

/** Shows `count` on the icon of the tab; 0 brings the plain one back. */
export function showCount(count) {
  if (count === shown) return;
  shown = count;
  const link = document.querySelector('link[rel="icon"]');
  if (!link) return;
  const picture = count ? badge(count > 99 ? "99" : String(count)) : null;
  link.type = picture ? "image/png" : "image/svg+xml";
  link.href = picture ?? "/favicon.svg";
}

function badge(text) {
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  const ink = canvas.getContext("2d");
  if (!ink) return null;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  ink.fillStyle = colour("--accent");
  ink.beginPath();
  ink.roundRect(0, 0, SIDE, SIDE, 16);
  ink.fill();
  ink.fillStyle = colour("--accent-text");
  ink.font = `700 ${text.length > 1 ? 40 : 48}px system-ui, sans-serif`;
  ink.textAlign = "center";
  ink.textBaseline = "middle";
  ink.fillText(text, SIDE / 2, SIDE / 2 + 3);
  return canvas.toDataURL("image/png");
}
