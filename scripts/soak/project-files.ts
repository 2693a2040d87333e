/** The files of the project that is soaked: one pipeline for each shape of collecting. */
export const PROJECT_FILES: Readonly<Record<string, string>> = {
  "millrace.config.ts": "export default { leaseSeconds: 5 };\n",
  "pipelines/pull.ts": `import { every, pipeline, postgres } from "millrace";
// A thousand rows, of which some change each time.
export default pipeline("pull", {
  schedule: every("5 seconds"),
  source: async function* () {
    const now = Math.floor(Date.now() / 10_000);
    for (let id = 0; id < 1_000; id++) yield { id, value: id % 10 === now % 10 ? now : 0 };
  },
  destination: postgres().table("pull", { key: ["id"], mode: "merge" }),
});
`,
  "pipelines/feed.ts": `import { every, pipeline, postgres } from "millrace";
// Numbers one after another; the next one is the checkpoint, so that one lost or doubled is seen.
const source = {
  kind: "numbers",
  endless: true,
  async *read({ checkpoints, signal }) {
    let n = Number(checkpoints.get("numbers") ?? 0);
    while (!signal.aborted) {
      yield { type: "rows", stream: "feed", slice: "numbers", rows: Array.from({ length: 50 }, (_, i) => ({ n: n + i })) };
      n += 50;
      yield { type: "checkpoint", slice: "numbers", state: n };
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
};
export default pipeline("feed", { schedule: every("5 seconds"), source, destination: postgres().table("feed", { mode: "append" }) });
`,
  "pipelines/samples.ts": `import { every, pipeline, postgres, sampling, simulator } from "millrace";
export default pipeline("samples", {
  schedule: every("5 seconds"),
  source: sampling({
    plan: Array.from({ length: 20 }, (_, i) => ({ id: i + 1, address: "sine(0, 100, 30)", reader: "simulator" })),
    readers: [simulator()],
    intervalMs: 500,
  }),
  destination: postgres().table("samples"),
});
`,
  "pipelines/pushed.ts": `import { pipeline, postgres, pushed } from "millrace";
export default pipeline("pushed", {
  source: pushed({ columns: { n: "bigint" } }),
  destination: postgres().table("pushed", { mode: "append" }),
});
`,
  "pipelines/files.ts": `import { csv, every, pipeline, postgres } from "millrace";
export default pipeline("files", {
  schedule: every("5 seconds"),
  source: csv({ path: "inbox/*.csv" }),
  destination: postgres().table("files", { key: ["n"], mode: "upsert" }),
});
`,
};
