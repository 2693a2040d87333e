import type { NewFiles } from "./write-new-files.ts";

/** What a new pipeline may read. */
export const STARTERS = ["csv", "json", "jsonl", "function"] as const;
export type Starter = (typeof STARTERS)[number];

const ROWS = [
  { id: 1, name: "first", amount: 12.5, updated: "2026-01-05T08:00:00Z" },
  { id: 2, name: "second", amount: 7, updated: "2026-01-05T09:30:00Z" },
  { id: 3, name: "third", amount: 20.25, updated: "2026-01-06T14:15:00Z" },
];

/**
 * A pipeline's file, and the sample that it reads.
 * @param sample text of the data file; default: three rows
 */
export function pipelineFiles(name: string, from: Starter, sample?: string): NewFiles {
  const file = `pipelines/${name}.ts`;
  if (from === "function") return { [file]: functionPipeline(name) };
  const data = dataFile(name, from);
  return { [data]: sample ?? SAMPLES[from](), [file]: filePipeline(name, from, data) };
}

/** The sample that a new pipeline reads, from the project's root. */
export function dataFile(name: string, from: Exclude<Starter, "function">): string {
  return `data/${name}.${from}`;
}

const SAMPLES: Readonly<Record<Exclude<Starter, "function">, () => string>> = {
  csv: () => `id,name,amount,updated\n${ROWS.map((row) => `${Object.values(row).join(",")}\n`).join("")}`,
  json: () => `${JSON.stringify(ROWS, null, 2)}\n`,
  jsonl: () => ROWS.map((row) => `${JSON.stringify(row)}\n`).join(""),
};

function filePipeline(name: string, from: string, data: string): string {
  return `import { ${["pipeline", "postgres", from].sort().join(", ")} } from "millrace";

export default pipeline("${name}", {
  source: ${from}({ path: "${data}" }),
  destination: postgres().table("${tableName(name)}", { key: ["id"], mode: "merge" }),
});
`;
}

function functionPipeline(name: string): string {
  return `import { pipeline, postgres } from "millrace";

async function* read() {
  yield { id: 1, name: "first", amount: 12.5 };
  yield { id: 2, name: "second", amount: 7 };
}

export default pipeline("${name}", {
  source: read,
  destination: postgres().table("${tableName(name)}", { key: ["id"], mode: "merge" }),
});
`;
}

function tableName(pipeline: string): string {
  return pipeline.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
}
