import type { GeneratedFile } from "./generated-file.ts";

/** What the control database's migrations together make; runs them in a PostgreSQL of its own. */
export const controlSchema: GeneratedFile = {
  path: "packages/platform/schema.sql",
  async generate() {
    // Loaded here and not above: it brings the platform with its drivers, which no other gate needs.
    const { dumpControlSchema } = await import("../../packages/platform/scripts/schema-dump.ts");
    return dumpControlSchema();
  },
};
