import { readFileSync } from "node:fs";

// Made beside this file by scripts/docs-site/build.ts.
const { sidebar } = JSON.parse(readFileSync(new URL("site.json", import.meta.url), "utf8"));

// oxlint-disable-next-line import/no-default-export -- VitePress looks for it by that name
export default {
  title: "Millrace",
  description: "Collect data from anything, land it in a database exactly once, and see all of it.",
  cleanUrls: true,
  lastUpdated: false,
  markdown: {
    html: false,
    config(md) {
      const fence = md.renderer.rules.fence;
      md.renderer.rules.fence = (tokens, index, options, env, self) => {
        const { info, content } = tokens[index];
        if (info.trim() === "mermaid") return `<Diagram code="${encodeURIComponent(content)}" />`;
        return fence(tokens, index, options, env, self);
      };
    },
  },
  vite: { build: { chunkSizeWarningLimit: 4_000 }, logLevel: "warn" },
  themeConfig: {
    sidebar,
    nav: [
      { text: "Begin", link: "/guides/first-pipeline" },
      { text: "Reference", link: "/reference/connectors" },
      { text: "Architecture", link: "/architecture" },
    ],
    search: { provider: "local" },
    outline: [2, 3],
  },
};
