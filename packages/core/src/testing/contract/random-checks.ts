import { zeroCounts } from "../../counts.ts";
import type { CommitResult } from "../../destination.ts";
import type { Row } from "../../row.ts";
import type { TableOptions } from "../../table-options.ts";
import { memoryDestination } from "../memory-destination.ts";
import { seededRandom } from "../random.ts";
import { TestPipeline } from "./test-pipeline.ts";
import type { ContractContext, World } from "./tools.ts";

/** Seeds; each is a test of some dozens of commits. */
const SEEDS = [1, 2, 3, 4];
const COMMITS = 25;
const SHOPS = ["a", "b", "c"];

/** Random work on a merge table, done here and in memory: counts, rows and history have to be the same. */
export function randomChecks(context: ContractContext): void {
  for (const seed of SEEDS) {
    context.check(`does what the destination in memory does, random work ${seed}`, (world) =>
      compare(context, world, seed),
    );
  }
}

async function compare({ expect }: ContractContext, world: World, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const options: TableOptions = {
    key: ["id"],
    mode: "merge",
    maxRemovedShare: 1,
    columns: { id: "integer", shop: "text", v: "integer", w: "text" },
  };
  const oracle = memoryDestination();
  let attempt = 100n;
  let pair = await openPair(world, oracle, ++attempt, options);
  for (let commit = 0; commit < COMMITS; commit++) {
    const plan = planCommit(random);
    const [ours, theirs] = await Promise.all([carryOut(pair[0], plan), carryOut(pair[1], plan)]);
    expect(comparable(ours), `commit ${commit} of seed ${seed}`).toEqual(comparable(theirs));
    if (!plan.reopen) continue;
    await Promise.all(pair.map((pipeline) => pipeline.close()));
    pair = await openPair(world, oracle, ++attempt, options);
  }
  await world.expectRows(oracle.rows("t"));
  await Promise.all(pair.map((pipeline) => pipeline.close()));
  expect(await histories(world.destination)).toEqual(await histories(oracle));
}

async function openPair(
  world: World,
  oracle: World["destination"],
  attempt: bigint,
  options: TableOptions,
): Promise<[TestPipeline, TestPipeline]> {
  const run = `00000000-0000-4000-8000-${String(attempt).padStart(12, "0")}`;
  const session = await oracle.open({ pipeline: "pipeline", attempt, run });
  const pair: [TestPipeline, TestPipeline] = [
    await world.open({ attempt, run }),
    new TestPipeline({ destination: oracle, session, run, attempt }),
  ];
  for (const pipeline of pair) {
    await pipeline.table("t", options);
    for (const index of pipeline.session.recovered.openEpochs.keys()) pipeline.resume("t", index);
  }
  return pair;
}

type Step =
  | { readonly do: "write"; readonly rows: readonly Row[] }
  | { readonly do: "begin"; readonly shop: string | undefined }
  | { readonly do: "complete" | "discard" | "taint"; readonly which: number };

interface Plan {
  readonly steps: readonly Step[];
  readonly reopen: boolean;
}

function planCommit(random: () => number): Plan {
  const int = (below: number): number => Math.floor(random() * below);
  const row = (): Row => ({
    id: int(40),
    shop: random() < 0.1 ? null : SHOPS[int(SHOPS.length)],
    v: int(4),
    ...(random() < 0.5 ? { w: `w${int(3)}` } : {}),
  });
  const step = (): Step => {
    const dice = random();
    if (dice < 0.5) return { do: "write", rows: Array.from({ length: int(12) }, row) };
    if (dice < 0.7) return { do: "begin", shop: random() < 0.3 ? undefined : SHOPS[int(SHOPS.length)] };
    if (dice < 0.92) return { do: "complete", which: int(5) };
    return { do: dice < 0.96 ? "discard" : "taint", which: int(5) };
  };
  return { steps: Array.from({ length: 1 + int(6) }, step), reopen: random() < 0.2 };
}

async function carryOut(pipeline: TestPipeline, plan: Plan): Promise<CommitResult> {
  for (const step of plan.steps) {
    const open = pipeline.openEpochs("t");
    if (step.do === "write") await pipeline.write("t", step.rows);
    else if (step.do === "begin")
      pipeline.begin("t", step.shop === undefined ? undefined : { shop: step.shop });
    else {
      const id = open[step.which % Math.max(1, open.length)];
      if (id === undefined) continue;
      if (step.do === "complete") pipeline.complete(id);
      else if (step.do === "discard") pipeline.discard(id);
      else pipeline.taint(id, "by chance");
    }
  }
  return pipeline.commit();
}

function comparable({ id, tables, totals, withheld }: CommitResult): object {
  return { id, counts: tables["t"] ?? zeroCounts(), totals: totals["t"] ?? zeroCounts(), withheld };
}

/** Operations and changed fields of every key, oldest first. */
async function histories(destination: World["destination"]): Promise<unknown> {
  const inspector = await destination.inspect?.();
  if (inspector === undefined) return undefined;
  try {
    const all: Record<string, unknown> = {};
    for (let id = 0; id < 40; id++) {
      const versions = await inspector.history("t", { id: String(id) });
      all[id] = versions.map(({ operation, changed, run }) => [operation, [...changed].toSorted(), run]);
    }
    return all;
  } finally {
    await inspector.close();
  }
}
