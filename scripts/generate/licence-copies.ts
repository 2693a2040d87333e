import { readFile } from "node:fs/promises";
import path from "node:path";
import type { GeneratedFile } from "./generated-file.ts";

const PLACES = [
  ...["api", "connectors", "core", "dashboard", "ingest", "millrace", "orchestrator", "platform"].map(
    (name) => `packages/${name}`,
  ),
  "clients/python",
];

/** The licence in every package that is published: each is installed without the others. */
export const licenceCopies: readonly GeneratedFile[] = PLACES.map((place) => ({
  path: `${place}/LICENSE.txt`,
  generate: (root) => readFile(path.join(root, "LICENSE.txt"), "utf8"),
}));
