import { cron, parquet, pipeline, postgres } from "millrace";
import { vega } from "../connectors/vega.ts";

export default pipeline("flights", {
  group: "travel",
  description: "Three million flights from Parquet, appended; a file that was read is not read again",
  schedule: cron("0 3 * * *", { timeZone: "Europe/Berlin" }),
  source: parquet({ path: vega("flights-3m.parquet") }),
  destination: postgres().table("flights", { mode: "append" }),
});
