import { database, pipeline } from "millrace";
import { analytics } from "../millrace.config.ts";

/** A query on ClickHouse, whose answer replaces the table. */
export default pipeline("countries", {
  source: database({
    from: analytics,
    query: "SELECT country, count() AS orders FROM orders GROUP BY country",
  }),
  destination: analytics.table("countries", { mode: "replace" }),
});
