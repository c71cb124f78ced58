import { defineConfig } from "vite";

// FullCalendar's icon font is a data: address, which the page's policy refuses and nothing here shows.
const withoutIconFont = {
  name: "without-icon-font",
  transform: (code: string, id: string) =>
    id.includes("@fullcalendar/core") ? code.replace(/@font-face\s*\{[^}]*\}/, "") : null,
};

// Relative addresses: the same build is served at the root of frontend-react and below /agenda/ of platform-ui.
export default defineConfig({
  base: "./",
  plugins: [withoutIconFont],
  build: {
    target: "es2022",
    cssTarget: ["chrome111", "firefox113", "safari16.4"], // they know OKLCH: the tokens stay as written
    assetsInlineLimit: 0, // the page's policy knows no data: but for pictures
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
  server: {
    fs: { allow: [".."] },
    proxy: {
      "/api": { target: "http://127.0.0.1:8000", rewrite: (path) => path.replace(/^\/api/, "") },
      "/socket.io": { target: "http://127.0.0.1:8000", ws: true },
    },
  },
});
