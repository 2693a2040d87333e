import { documents, pipeline, postgres } from "millrace";
import { invoice } from "../invoice.ts";

/** Invoices that are put into `papers/inbox`, as rows with a history. Those that are not sure wait on the dashboard. */
export default pipeline("invoices", {
  group: "accounting",
  source: documents({ folder: "papers", types: [invoice], review: { below: 0.7 } }),
  destination: postgres().tables({
    invoice: { name: "invoices", mode: "merge" },
    invoice_items: { name: "invoice_items", mode: "merge" },
  }),
});
