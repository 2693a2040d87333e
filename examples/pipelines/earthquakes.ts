import { derive, every, json, pick, pipeline, postgres } from "millrace";
import { vega } from "../connectors/vega.ts";

export default pipeline("earthquakes", {
  group: "geo",
  description: "A week of earthquakes from GeoJSON: nested fields become columns",
  schedule: every("30 seconds"),
  source: json({ path: vega("earthquakes.json"), rows: "$.features[*]" }),
  transforms: [
    pick({ id: "$.id", mag: "$.properties.mag", place: "$.properties.place", time: "$.properties.time" }),
    derive({ time: (row) => new Date(Number(row["time"])) }),
  ],
  destination: postgres().table("earthquakes", { key: ["id"], mode: "merge" }),
});
