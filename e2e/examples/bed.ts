import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { expect } from "vitest";
import { freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { run } from "../cli/cli.ts";

/** A copy of one of `examples/more/` with an empty database of its own. */
export interface ExampleBed {
  readonly folder: string;
  readonly client: pg.Client;
  /** Runs a command that has to succeed, and returns its JSON. */
  millrace(...args: string[]): Promise<unknown>;
}

/** Calls `use` with a copy of the example, and removes all of it. */
export async function withExample(name: string, use: (bed: ExampleBed) => Promise<void>): Promise<void> {
  const database = await freshDatabase();
  const folder = await mkdtemp(path.join(tmpdir(), "millrace-example-"));
  const client = new pg.Client({ connectionString: database.url });
  try {
    await cp(path.resolve(import.meta.dirname, "../../examples/more", name), folder, { recursive: true });
    await client.connect();
    const env = { MILLRACE_DATABASE_URL: database.url };
    await use({
      folder,
      client,
      millrace: async (...args) => {
        const { code, stdout, stderr } = await run({ args: [...args, "--json"], cwd: folder, env }).ended;
        expect(code, stdout + stderr).toBe(0);
        return JSON.parse(stdout) as unknown;
      },
    });
  } finally {
    await client.end();
    await rm(folder, { recursive: true, force: true });
    await database.drop();
  }
}
