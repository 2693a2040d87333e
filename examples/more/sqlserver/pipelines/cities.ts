import { database, pipeline } from "millrace";
import { shop } from "../millrace.config.ts";

/** A query on SQL Server, into another table of it. */
export default pipeline("cities", {
  source: database({ from: shop, query: "SELECT city, COUNT(*) AS customers FROM customers GROUP BY city" }),
  destination: shop.table("cities", { key: ["city"], mode: "upsert" }),
});
