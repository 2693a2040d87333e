import type { TestPipeline } from "@millrace/core/testing";

/** Commits of the workload. */
export const COMMITS = 4;
const ROWS = 30;

/** Rows that table `a` holds at the end. */
export const APPENDED = COMMITS * ROWS;

/** Appends to table `a` and replaces table `r` until all commits are made; begins behind the last checkpoint. */
export async function work(pipeline: TestPipeline): Promise<void> {
  const done = Number(pipeline.session.recovered.checkpoints.get("main") ?? 0);
  await pipeline.table("a", { mode: "append", columns: { part: "integer" } });
  await pipeline.table("r", { mode: "replace", key: ["id"], columns: { part: "integer" } });
  for (let commit = done + 1; commit <= COMMITS; commit++) {
    const ids = Array.from({ length: ROWS }, (_, index) => (commit - 1) * ROWS + index);
    await pipeline.write(
      "a",
      ids.map((id) => ({ id, part: id % 3 })),
    );
    // Twice as long as one commit: half of the readings of r are interrupted by one.
    const open =
      pipeline.openEpochs("r")[0] ??
      (pipeline.session.recovered.openEpochs.length > 0 && commit === done + 1
        ? pipeline.resume("r")
        : pipeline.begin("r"));
    await pipeline.write(
      "r",
      ids.slice(0, 10).map((id) => ({ id: id % 45, part: id % 2, commit })),
      { epochs: [open] },
    );
    if (commit % 2 === 0) pipeline.complete(open);
    await pipeline.commit({ checkpoints: { main: commit }, final: commit === COMMITS });
  }
}

/** Rows that table `r` holds at the end: those of the last two commits, the later one of a key. */
export function replaced(): { id: number; commit: number }[] {
  const rows = new Map<number, number>();
  for (const commit of [COMMITS - 1, COMMITS])
    for (let index = 0; index < 10; index++) rows.set(((commit - 1) * ROWS + index) % 45, commit);
  return [...rows].map(([id, commit]) => ({ id, commit })).toSorted((a, b) => a.id - b.id);
}
