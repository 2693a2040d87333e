import { TestPipeline } from "@millrace/core/testing";
import { ClickHouseDestination } from "../../src/clickhouse/clickhouse-destination.ts";
import { clickhouseOptions, type ResolvedClickHouseOptions } from "../../src/clickhouse/options.ts";
import { serverSettings } from "../../src/clickhouse/settings.ts";

/** Commits that the whole work takes. */
const COMMITS = 4n;

/**
 * Does the part of some work that is left, as one attempt of a pipeline, and kills itself where it is told to: at the n-th
 * time that step `step` is reached. Arguments: URL, database, attempt, step (or `-`), n.
 */
const [url = "", database = "", attempt = "1", step = "-", times = "1"] = process.argv.slice(2);
const options = clickhouseOptions.parse({ url, database }) as ResolvedClickHouseOptions;
const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("unused")) };
let left = Number(times);
const destination = new ClickHouseDestination(serverSettings(options, environment), options, {
  onStep: (reached) => {
    if (reached === step && --left === 0) process.kill(process.pid, "SIGKILL");
  },
});

const run = "00000000-0000-4000-8000-000000000001";
const session = await destination.open({ pipeline: "crash", attempt: BigInt(attempt), run });
const pipeline = new TestPipeline({ destination, session, run, attempt: BigInt(attempt) });
await pipeline.table("added", { mode: "append", columns: { n: "integer" } });
await pipeline.table("merged", { mode: "merge", key: ["id"], columns: { id: "integer", v: "integer" } });
await pipeline.table("current", { mode: "replace", columns: { n: "integer" } });
for (const { stream } of session.recovered.openEpochs) {
  const index = session.recovered.openEpochs.findIndex((epoch) => epoch.stream === stream);
  pipeline.resume(stream, index);
}
for (let commit = session.recovered.lastCommit + 1n; commit <= COMMITS; commit++) await work(Number(commit));
await pipeline.close();
await destination.close();

/** Each attempt cuts its rows into other batches, as a live source does. */
async function work(commit: number): Promise<void> {
  const rows = Array.from({ length: 20 }, (_, index) => ({ n: commit * 100 + index }));
  const cut = (Number(attempt) * 7) % 20;
  await pipeline.write("added", rows.slice(0, cut));
  await pipeline.write("added", rows.slice(cut));
  if (commit === 2) for (const table of ["merged", "current"]) pipeline.begin(table);
  const ids = Array.from({ length: 10 }, (_, id) => ({
    id: id + (commit > 1 ? 2 : 0),
    v: id % 3 === 0 ? commit : 0,
  }));
  await pipeline.write("merged", ids);
  if (commit === 2 || commit === 3) await pipeline.write("current", [{ n: commit }]);
  if (commit === 3)
    for (const table of ["merged", "current"]) pipeline.complete(pipeline.openEpochs(table)[0] ?? "");
  if (commit === 4) await pipeline.read("current", [{ n: 40 }]);
  await pipeline.commit({ checkpoints: { main: commit }, final: commit === Number(COMMITS) });
}
