import { csv, pipeline } from "millrace";
import { sqlite } from "../connectors/sqlite/index.ts";

export default pipeline("prices", {
  source: csv({ path: "data/prices.csv" }),
  destination: sqlite({ file: "prices.db" }).table("prices", { key: ["sku"], mode: "merge" }),
});
