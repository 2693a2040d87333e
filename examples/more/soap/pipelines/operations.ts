import { pipeline, postgres, soap } from "millrace";

/** What the service offers: its operations, with what they take and what they answer. */
export default pipeline("operations", {
  source: soap({ wsdl: "wsdl/orders.wsdl" }),
  destination: postgres().table("operations", { mode: "replace" }),
});
