import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { MillraceError } from "@millrace/core";
import { TestPipeline } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import { pipelineHome, waitingFolder } from "./state/paths.ts";
import { duck } from "../../test/file-tables/duckdb.ts";
import { folderAt, testFolder, type TestFolder } from "../../test/file-tables/writer.ts";
import { APPENDED, COMMITS, replaced, work } from "../../test/file-tables/workload.ts";

const LAYOUT = { format: "jsonl", partitionBy: "part" } as const;
const CHILD = fileURLToPath(new URL("../../test/file-tables/crash-child.ts", import.meta.url));

/** Steps at which a process ends, and the how manieth time. */
const KILLS = [
  ["fenced", 1],
  ["written", 3],
  ["committed", 1],
  ["placed", 1],
  ["placed", 14],
  ["taken", 1],
  ["published", 2],
  ["published", COMMITS],
] as const;

/** Runs the workload in a process of its own; tells how that ended. */
async function child(root: string, ...args: readonly string[]): Promise<number | string | null> {
  const running = spawn(process.execPath, ["--conditions=@millrace/source", CHILD, root, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  running.stderr.on("data", (text: Buffer) => (said += text.toString()));
  const [code, signal] = (await once(running, "close")) as [number | null, string | null];
  if (code !== 0 && signal === null) throw new Error(said);
  return signal ?? code;
}

async function expectWhole({ root, destination }: TestFolder): Promise<void> {
  const appended = await duck(
    `SELECT count(*) AS rows, count(DISTINCT id) AS ids, sum(id) AS sum FROM read_json('${root}/a/**/*.jsonl')`,
  );
  expect(appended).toEqual([
    { rows: String(APPENDED), ids: String(APPENDED), sum: String((APPENDED * (APPENDED - 1)) / 2) },
  ]);
  const rows = await duck(`SELECT id, commit FROM read_json('${root}/r/**/*.jsonl') ORDER BY id`);
  expect(rows.map(({ id, commit }) => ({ id: Number(id), commit: Number(commit) }))).toEqual(replaced());
  const inspector = await destination.inspect();
  expect(await inspector.verify("a")).toMatchObject({ rows: APPENDED, different: 0 });
  expect(await inspector.verify("r")).toMatchObject({ different: 0 });
  expect(await inspector.state("pipeline")).toMatchObject({
    lastCommit: BigInt(COMMITS),
    finished: true,
    openEpochs: [],
  });
}

describe("a process that is killed", () => {
  for (const [step, time] of KILLS) {
    it(`when something is ${step} for the ${time}. time loses nothing and doubles nothing`, async () => {
      const folder = await testFolder(LAYOUT);
      expect(await child(folder.root, "1", step, String(time))).toBe("SIGKILL");
      const run = randomUUID();
      const again = await folder.destination.open({ pipeline: "pipeline", attempt: 2n, run });
      await work(new TestPipeline({ destination: folder.destination, session: again, run, attempt: 2n }));
      await again.close();
      await expectWhole(folder);
      // The next one to open clears up whatever is left.
      const session = await folder.destination.open({ pipeline: "pipeline", attempt: 3n, run });
      await session.close();
      expect(await readdir(waitingFolder(pipelineHome(folder.root, "pipeline")))).toEqual([]);
      await expectWhole(folder);
    });
  }
});

describe("a process that is stopped and goes on after another has taken over", () => {
  for (const [step, outcome] of [
    ["written", "MLR_FENCED"],
    ["committed", "landed"],
    ["placed", "landed"],
    ["taken", "landed"],
  ] as const) {
    it(`is harmless when it was stopped with something ${step}`, async () => {
      const reached = Promise.withResolvers<void>();
      const resume = Promise.withResolvers<void>();
      let stopped = false;
      const late = await testFolder(LAYOUT, async (name) => {
        if (name !== step || stopped) return;
        stopped = true;
        reached.resolve();
        await resume.promise;
      });
      const zombie = await late.open();
      const left = work(zombie).then(
        () => "finished",
        (error: unknown) => (error instanceof MillraceError ? error.code : String(error)),
      );
      await reached.promise;
      const folder = folderAt(late.root, LAYOUT);
      const successor = await folder.open();
      await work(successor);
      await successor.close();
      await expectWhole(folder);
      const files = await folder.files();
      resume.resolve();
      // A commit that landed is followed by one that finds the fence.
      const ends = outcome === "landed" ? ["MLR_FENCED", "finished"] : [outcome];
      expect(ends).toContain(await left);
      await zombie.close();
      expect(await folder.files()).toEqual(files);
      await expectWhole(folder);
    });
  }

  it("of two who begin at once, one is fenced and nothing is torn", async () => {
    for (let round = 0; round < 10; round++) {
      const folder = await testFolder(LAYOUT);
      const open = (attempt: bigint): Promise<string> =>
        folder.destination
          .open({ pipeline: "pipeline", attempt, run: "00000000-0000-4000-8000-000000000001" })
          .then(
            () => "open",
            (error: unknown) => (error instanceof MillraceError ? error.code : String(error)),
          );
      const outcomes = await Promise.all([open(1n), open(2n), open(3n)]);
      expect(outcomes[2]).toBe("open");
      for (const outcome of outcomes) expect(["open", "MLR_FENCED"]).toContain(outcome);
      expect(await open(3n)).toBe("MLR_FENCED");
      expect(await open(4n)).toBe("open");
    }
  });
});
