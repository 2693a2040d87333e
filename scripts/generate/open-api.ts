import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openApiDocument } from "@millrace/api";
import type { GeneratedFile } from "./generated-file.ts";

/** The OpenAPI document of the management API. */
export const openApi: GeneratedFile = {
  path: "packages/api/openapi.json",
  generate: () => documentText(),
};

/** Types of the management API for the dashboard's client, made of the document. */
export const openApiTypes: GeneratedFile = {
  path: "packages/dashboard/src/api/schema.gen.ts",
  generate: async (root) => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-open-api-"));
    try {
      const file = join(folder, "openapi.json");
      await writeFile(file, await documentText());
      return await typesOf(file, root);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

let made: Promise<string> | undefined;

function documentText(): Promise<string> {
  made ??= openApiDocument().then((document) => `${JSON.stringify(document, undefined, 2)}\n`);
  return made;
}

/** In a process of its own, since it needs another version of TypeScript than the workspace. */
async function typesOf(file: string, root: string): Promise<string> {
  const dashboard = createRequire(join(root, "packages", "dashboard", "package.json"));
  const bin = join(dirname(dashboard.resolve("openapi-typescript")), "..", "bin", "cli.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, file], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`openapi-typescript: ${stderr}`);
  return stdout;
}
