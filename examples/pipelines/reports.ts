import { derive, json, pick, pipeline, postgres, unnest } from "millrace";
import { vega } from "../connectors/vega.ts";

export default pipeline("quake-reports", {
  group: "geo",
  description: "Which networks reported an earthquake: a table for the earthquakes, one for their reports",
  parents: ["earthquakes"],
  source: json({ path: vega("earthquakes.json"), rows: "$.features[*]", stream: "quakes" }),
  transforms: [
    pick({ id: "$.id", title: "$.properties.title", reports: "$.properties.ids" }),
    derive({ reports: (row) => String(row["reports"]).split(",").filter(Boolean) }),
    unnest("reports", { as: "quake_reports", value: "report" }),
  ],
  destination: postgres().table("quakes", { key: ["id"], mode: "merge" }),
});
