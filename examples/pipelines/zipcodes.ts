import { csv, every, pipeline, postgres } from "millrace";
import { vega } from "../connectors/vega.ts";

export default pipeline("zipcodes", {
  group: "geo",
  description: "Postal codes; the column is declared as text, because 00501 is no number",
  schedule: every("5 minutes", { jitter: "20 seconds" }),
  source: csv({ path: vega("zipcodes.csv") }),
  destination: postgres().table("zipcodes", {
    key: ["zip_code"],
    mode: "merge",
    columns: { zip_code: "text", latitude: "double", longitude: "double" },
  }),
});
