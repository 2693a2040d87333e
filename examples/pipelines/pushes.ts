import { csv, every, pipeline, postgres } from "millrace";
import { vega } from "../connectors/vega.ts";

// Refuses every row on purpose: their times are written 2015/01/01 01:00:00, and the column wants 2015-01-01 01:00:00.
// Look into the quarantine of the table for the reason, take the line below in, and have the refused rows reprocessed.
export default pipeline("pushes", {
  group: "code",
  description: "Pushes to GitHub by hour. Broken on purpose: mend it and reprocess what it refused",
  schedule: every("1 day"),
  source: csv({ path: vega("github.csv") }),
  // transforms: [(row) => ({ ...row, time: String(row["time"]).replaceAll("/", "-") })],
  destination: postgres().table("pushes", { key: ["time"], mode: "merge", columns: { time: "timestamp" } }),
});
