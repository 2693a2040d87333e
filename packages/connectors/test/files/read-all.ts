/** Reads a file with little memory: `read-all.ts <connector> <path>` prints how many rows it has. */
import path from "node:path";
import type { Source } from "@millrace/core";
import { testContext } from "./collect.ts";

const [kind = "", file = ""] = process.argv.slice(2);
const module = (await import(`@millrace/connectors/${kind}`)) as Record<string, (options: object) => Source>;
const source = module[kind]?.({ path: path.basename(file) });
let rows = 0;
for await (const message of source?.read(testContext({ directory: path.dirname(file) })) ?? []) {
  if (message.type === "rows") rows += message.rows.length;
}
process.stdout.write(String(rows));
