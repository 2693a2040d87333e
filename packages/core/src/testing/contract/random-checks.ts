import { zeroCounts } from "../../counts.ts";
import type { CommitResult } from "../../destination.ts";
import type { Row } from "../../row.ts";
import type { TableOptions } from "../../table-options.ts";
import { memoryDestination } from "../memory-destination.ts";
import { seededRandom } from "../random.ts";
import { TestPipeline } from "./test-pipeline.ts";
import type { ContractContext, World } from "./tools.ts";

/** A kind of random work. */
interface Flavour {
  readonly name: string;
  readonly seeds: readonly number[];
  readonly commits: number;
  /** Ids are below this. */
  readonly ids: number;
  /** Most rows of a batch. */
  readonly batchRows: number;
  readonly options: Partial<TableOptions> & { readonly parentKey?: readonly string[] };
}

const FLAVOURS: readonly Flavour[] = [
  { name: "few rows", seeds: [1, 2, 3], commits: 25, ids: 40, batchRows: 12, options: {} },
  { name: "many rows", seeds: [4, 5], commits: 8, ids: 3_000, batchRows: 2_000, options: {} },
  { name: "deleted rows", seeds: [6], commits: 20, ids: 40, batchRows: 12, options: { removals: "delete" } },
  { name: "kept rows", seeds: [7], commits: 20, ids: 40, batchRows: 12, options: { removals: "keep" } },
  {
    name: "children",
    seeds: [8, 9, 10],
    commits: 25,
    ids: 40,
    batchRows: 12,
    options: { parentKey: ["shop"] },
  },
];

const SHOPS = ["a", "b", "c"];
/** Keys whose history is compared. */
const HISTORY_KEYS = 40;

/** Random work on a merge table, done here and in memory: counts, rows and history have to be the same. */
export function randomChecks(context: ContractContext): void {
  for (const flavour of FLAVOURS) {
    for (const seed of flavour.seeds) {
      context.check(
        `does what the destination in memory does, ${flavour.name}, random work ${seed}`,
        (world) => compare(context, world, { flavour, seed }),
      );
    }
  }
}

async function compare(
  { expect }: ContractContext,
  world: World,
  { flavour, seed }: { flavour: Flavour; seed: number },
): Promise<void> {
  const random = seededRandom(seed);
  const options: Flavour["options"] = {
    key: ["id"],
    mode: "merge",
    maxRemovedShare: 1,
    columns: { id: "integer", shop: "text" },
    ...flavour.options,
  };
  const oracle = memoryDestination();
  let attempt = 100n;
  let pair = await openPair(world, oracle, ++attempt, options);
  for (let commit = 0; commit < flavour.commits; commit++) {
    const plan = planCommit(random, flavour);
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
  options: Flavour["options"],
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
  | {
      readonly do: "write";
      readonly rows: readonly Row[];
      readonly keptKeys: readonly Row[];
      readonly parents: readonly Row[] | undefined;
    }
  | { readonly do: "begin"; readonly shop: string | undefined }
  | { readonly do: "complete" | "discard" | "taint"; readonly which: number };

interface Plan {
  readonly steps: readonly Step[];
  readonly reopen: boolean;
}

function planCommit(random: () => number, flavour: Flavour): Plan {
  const int = (below: number): number => Math.floor(random() * below);
  const shop = (): string | undefined => SHOPS[int(SHOPS.length)];
  const row = (): Row => ({
    id: int(flavour.ids),
    shop: random() < 0.1 ? null : shop(),
    // Now and then a value that widens the column.
    v: random() < 0.002 ? 5_000_000_000 : int(4),
    ...(random() < 0.5 ? { w: `w${int(3)}` } : {}),
  });
  const write = (): Step => ({
    do: "write",
    rows: Array.from({ length: int(flavour.batchRows) }, row),
    keptKeys: random() < 0.2 ? [{ id: int(flavour.ids) }] : [],
    parents:
      flavour.options.parentKey === undefined
        ? undefined
        : SHOPS.slice(int(3)).map((name) => ({ shop: name })),
  });
  const step = (): Step => {
    const dice = random();
    if (dice < 0.5) return write();
    if (dice < 0.7) return { do: "begin", shop: random() < 0.3 ? undefined : shop() };
    if (dice < 0.92) return { do: "complete", which: int(5) };
    return { do: dice < 0.96 ? "discard" : "taint", which: int(5) };
  };
  return { steps: Array.from({ length: 1 + int(6) }, step), reopen: random() < 0.2 };
}

async function carryOut(pipeline: TestPipeline, plan: Plan): Promise<CommitResult> {
  for (const step of plan.steps) {
    const open = pipeline.openEpochs("t");
    if (step.do === "write") await write(pipeline, step);
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

function write(pipeline: TestPipeline, step: Extract<Step, { do: "write" }>): Promise<unknown> {
  const { rows, keptKeys, parents } = step;
  return pipeline.write("t", rows, { keptKeys, ...(parents === undefined ? {} : { parents }) });
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
    for (let id = 0; id < HISTORY_KEYS; id++) {
      const versions = await inspector.history("t", { id: String(id) });
      all[id] = versions.map(({ operation, changed, run }) => [operation, [...changed].toSorted(), run]);
    }
    return all;
  } finally {
    await inspector.close();
  }
}
