import { ours } from "./ours.ts";
import { benchRows } from "./rows.ts";

const [url = "", mode = "append", count = "0"] = process.argv.slice(2);
const rows = Number(count);
await ours({
  url,
  table: "bench_memory",
  mode: mode === "merge" ? "merge" : "append",
  commitRows: 500_000,
  source: function* () {
    for (let i = 0; i < rows; i += 2_000) {
      yield benchRows(i, Math.min(rows, i + 2_000));
      if (i % 100_000 === 98_000) yield { type: "checkpoint", slice: "main", state: i };
    }
  },
});
process.stdout.write(`${Math.round(process.resourceUsage().maxRSS / 1024)}\n`);
process.exit(0);
