import { randomUUID } from "node:crypto";
import { executeRun, pipeline } from "@millrace/core";
import { defineStage, documents } from "../../src/documents/index.ts";
import { postgres } from "../../src/postgres/index.ts";

/**
 * Reads documents into the table `papers` of a database, as one run of a pipeline, and kills itself at a stage of the
 * document that is the `count`th there. Arguments: folder, database URL, stage (`never`, or `commit`: when receipts come),
 * count, number of the attempt.
 */
const [directory = "", url = "", stage = "never", count = "1", first = "1"] = process.argv.slice(2);
let left = Number(count);
let attempt = BigInt(first) * 100n;

const end = (at: string): void => {
  if (at === stage && --left === 0) process.kill(process.pid, "SIGKILL");
};

const source = documents({
  folder: "papers",
  poll: 20,
  stableFor: 0,
  retryDelay: 1,
  concurrency: 4,
  attempts: 50,
  stages: ["classified", "ocr", "entities", "extracted"].map((name) =>
    defineStage(`documents.*.${name}`, () => end(name)),
  ),
  rows: ({ name, text }) => {
    end("landed");
    return [{ stream: "papers", rows: [{ name, text: text?.pages[0]?.text ?? null }] }];
  },
});

const report = await executeRun({
  pipeline: pipeline("killed", {
    source: {
      ...source,
      async *read(context) {
        for await (const message of source.read(context)) {
          yield message;
          if (message.type === "checkpoint") end("checkpoint");
        }
      },
      committed(receipts) {
        end("commit");
        source.committed?.(receipts);
        end("archived");
      },
    },
    destination: postgres({ url }).table("papers", { mode: "append" }),
    commit: { rows: 5 },
  }),
  environment: { databaseUrl: () => Promise.resolve(url), directory },
  run: randomUUID(),
  attempts: { next: () => Promise.resolve(++attempt) },
});
if (report.error !== undefined) process.stderr.write(`${JSON.stringify(report.error)}\n`);
process.exit(report.status === "succeeded" ? 0 : 1);
