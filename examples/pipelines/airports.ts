import { csv, every, pipeline, postgres } from "millrace";
import { vega } from "../connectors/vega.ts";

export default pipeline("airports", {
  group: "travel",
  description: "Airports of the United States, from CSV, compared with what is stored",
  schedule: every("1 minute"),
  source: csv({ path: vega("airports.csv") }),
  destination: postgres().table("airports", { key: ["iata"], mode: "merge" }),
});
