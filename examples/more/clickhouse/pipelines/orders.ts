import { csv, pipeline } from "millrace";
import { analytics } from "../millrace.config.ts";

/** A file into ClickHouse: rows are compared, old versions kept in orders__history; `orders` shows the live rows. */
export default pipeline("orders", {
  source: csv({ path: "data/orders.csv" }),
  destination: analytics.table("orders", { key: ["id"], mode: "merge", columns: { total: "numeric(10,2)" } }),
});
