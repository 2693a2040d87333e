import { TestPipeline } from "@millrace/core/testing";
import { relationalDestination } from "../../src/shared/relational/index.ts";
import { mariadbDialect } from "../../src/mariadb/dialect/mariadb-dialect.ts";
import { mariadbOptions, type ResolvedMariadbOptions } from "../../src/mariadb/options.ts";

/** Commits that a writer makes in all. */
export const COMMITS = 6;
/** Rows of a commit in each table. */
export const ROWS = 20;

/** What a writer is told to do. */
export interface WriterOrders {
  readonly url: string;
  readonly attempt: number;
  /** The point at which its process ends as `kill -9` ends it: the how-manieth time of which step. Absent: it finishes. */
  readonly dieAt?: { readonly step: string; readonly time: number };
}

/**
 * Goes on from the last commit: each appends rows to one table and, in an epoch over all commits, merges rows into another, of
 * which every third one has a new value each time.
 */
export async function writeOn({ url, attempt, dieAt }: WriterOrders): Promise<void> {
  let time = 0;
  const destination = relationalDestination(
    mariadbDialect(mariadbOptions.parse({ url }) as ResolvedMariadbOptions),
    {
      onStep: (step) => {
        if (step === dieAt?.step && ++time === dieAt.time) process.kill(process.pid, "SIGKILL");
      },
    },
  );
  const owner = { pipeline: "faults", attempt: BigInt(attempt), run: "00000000-0000-4000-8000-000000000001" };
  const session = await destination.open(owner);
  const pipeline = new TestPipeline({ destination, session, run: owner.run, attempt: owner.attempt });
  await pipeline.table("appended", { mode: "append" });
  await pipeline.table("merged", { key: ["id"], mode: "merge" });
  const done = Number(session.recovered.lastCommit);
  if (session.recovered.openEpochs.length > 0) pipeline.resume("merged");
  for (let commit = done + 1; commit <= COMMITS; commit++) {
    if (commit === 2) pipeline.begin("merged");
    const ids = Array.from({ length: ROWS }, (_, index) => index);
    await pipeline.write(
      "appended",
      ids.map((n) => ({ commit, n })),
    );
    const rows = ids.map((n) => mergedRow(commit, n));
    await pipeline.write("merged", rows);
    const [epoch] = pipeline.openEpochs("merged");
    if (commit === COMMITS && epoch !== undefined) pipeline.complete(epoch);
    await pipeline.commit({ checkpoints: { main: commit }, final: commit === COMMITS });
  }
  await pipeline.close();
}

/** A row of the merge table: its key moves on with the commits, its value changes now and then. */
export function mergedRow(commit: number, n: number): { id: number; v: string } {
  return { id: commit * 10 + n, v: n % 3 === 0 ? `commit ${commit}` : "same" };
}
