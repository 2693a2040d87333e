import { csv, pipeline } from "millrace";
import { shop } from "../millrace.config.ts";

/** A file into SQL Server: rows are compared, old versions kept in customers__history. */
export default pipeline("customers", {
  source: csv({ path: "data/customers.csv" }),
  destination: shop.table("customers", { key: ["id"], mode: "merge", columns: { credit: "numeric(10,2)" } }),
});
