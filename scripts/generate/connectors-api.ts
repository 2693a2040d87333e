import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { ExportedName } from "../gates/exported-names.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { publicNames } from "./public-names.ts";

const FOLDER = "packages/connectors/src";

/** What each connector's entry exports, with its documentation. */
export const connectorsApi: GeneratedFile = {
  path: "docs/reference/connectors-api.md",
  async generate(root) {
    const parts = [
      "# API of @millrace/connectors",
      `<!-- Generated from ${FOLDER} by \`npm run generate\`. -->`,
      "Every name that each entry exports, by connector. What options mean is told by the [reference of connectors](connectors.md).",
    ];
    for (const folder of (await readdir(path.join(root, FOLDER))).toSorted()) {
      const entry = `${FOLDER}/${folder}/index.ts`;
      if (
        folder === "shared" ||
        (await readFile(path.join(root, entry)).catch(() => undefined)) === undefined
      )
        continue;
      const names = await publicNames(root, entry);
      if (names.length === 0) continue;
      parts.push(`## @millrace/connectors/${folder}`);
      parts.push(...names.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(line));
    }
    return `${parts.join("\n\n")}\n`;
  },
};

function line({ name, doc }: ExportedName): string {
  const text = (doc ?? "").replaceAll("\n", " ").split("`");
  const safe = text.map((part, index) => (index % 2 === 0 ? part.replaceAll("<", "&lt;") : part)).join("`");
  return `**${name}**${safe === "" ? "" : `: ${safe}`}`;
}
