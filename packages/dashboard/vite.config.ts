import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** Where `npx vite` finds the server that answers /api while the dashboard is being worked on. */
const SERVER = "http://127.0.0.1:8080";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react(), tailwindcss()],
  resolve: {
    alias: {
      // The package puts a style element into the page, which the content security policy forbids.
      "react-remove-scroll": fileURLToPath(new URL("src/components/scroll-lock.tsx", import.meta.url)),
    },
  },
  build: {
    target: "es2023",
    // An image or font inlined as a data: address would be refused by the content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 400,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": { target: SERVER, ws: true } } },
});
