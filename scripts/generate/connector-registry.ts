import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { ExportedName } from "../gates/exported-names.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { publicNames } from "./public-names.ts";

const FOLDER = "packages/connectors/src";

/** What a connector's function returns, by the name of the type, and what that makes it. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/(Source|Collector)$/, "source"],
  [/Transform$/, "transform"],
  [/(Target|Destination|Tables)$/, "destination"],
  [/Reader$/, "reader"],
  [/Writer$/, "writer"],
];

/** How the entry of a folder begins that pipelines import, but that has no connector. */
const NO_CONNECTOR = /^\/\*\* Not a connector: /;

/** One line per connector, made from the folders, so that adding one edits no shared file. */
export const connectorRegistry: GeneratedFile = {
  path: `${FOLDER}/registry.gen.ts`,
  async generate(root) {
    const entries = await readdir(path.join(root, FOLDER), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const lines: string[] = [];
    for (const folder of folders.filter((name) => name !== "shared").toSorted()) {
      const index = `${FOLDER}/${folder}/index.ts`;
      if (!existsSync(path.join(root, index))) continue;
      if (NO_CONNECTOR.test(await readFile(path.join(root, index), "utf8"))) continue;
      const connectors = connectorsOf(await publicNames(root, index));
      if (connectors.length === 0) {
        throw new Error(
          `${index} exports no function that is declared to return a Source, Transform, Target, Reader or Writer`,
        );
      }
      for (const { name, kind } of connectors) {
        lines.push(`  { name: "${name}", kind: "${kind}", path: "@millrace/connectors/${folder}" },`);
      }
    }
    return [
      "// Generated from the folders of packages/connectors/src by `npm run generate`.",
      "",
      "/** A function that makes a source, a transform, a destination, or a reader or writer of sampling, and where it is imported from. */",
      "export interface ConnectorEntry {",
      "  readonly name: string;",
      '  readonly kind: "source" | "transform" | "destination" | "reader" | "writer";',
      "  readonly path: string;",
      "}",
      "",
      "/** Every connector of this package, by folder and name. */",
      "export const CONNECTORS: readonly ConnectorEntry[] = [",
      ...lines,
      "];",
      "",
    ].join("\n");
  },
};

/** The exported functions that make a source, a transform, a destination, a reader or a writer, by name. */
export function connectorsOf(
  names: readonly ExportedName[],
): { readonly name: string; readonly kind: string }[] {
  return names
    .flatMap(({ name, kind, signature }) => {
      if (kind !== "function") return [];
      const returned = /\)\s*:\s*(\w+)(?:<[^()]*>)?$/.exec(signature)?.[1] ?? "";
      const made = KINDS.find(([type]) => type.test(returned))?.[1];
      return made === undefined ? [] : [{ name, kind: made }];
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
