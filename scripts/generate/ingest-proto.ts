import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { GeneratedFile } from "./generated-file.ts";

const PACKAGE = "packages/ingest";

/** What TypeScript knows of the ingestion service's protobuf contract, which is linted before. Needs no network. */
export const ingestProto: GeneratedFile = {
  path: `${PACKAGE}/src/rpc/ingest.gen.ts`,
  async generate(root) {
    const folder = path.join(root, PACKAGE);
    const buf = createRequire(path.join(folder, "package.json")).resolve("@bufbuild/buf/bin/buf");
    const out = await mkdtemp(path.join(tmpdir(), "millrace-proto-"));
    // The plugin is found as npm puts it on the path.
    const env = {
      ...process.env,
      PATH: `${path.join(root, "node_modules/.bin")}${path.delimiter}${process.env["PATH"]}`,
    };
    const run = (...given: string[]) =>
      promisify(execFile)(process.execPath, [buf, ...given], { cwd: folder, env });
    try {
      await run("lint", "proto");
      await run("generate", "--output", out);
      return await readFile(path.join(out, "gen/millrace/ingest/v1/ingest_pb.ts"), "utf8");
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  },
};
