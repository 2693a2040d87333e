import { pipeline, postgres, soap, usernameToken } from "millrace";

const { SOAP_URL = "http://127.0.0.1:8080/orders", SOAP_PASSWORD = "" } = process.env;

/** All orders, page after page; the types of the columns are those of the schemas that the WSDL imports. */
export default pipeline("orders", {
  source: soap({
    wsdl: "wsdl/orders.wsdl",
    endpoint: SOAP_URL,
    operation: "GetOrders",
    paginate: { input: "Page", more: "More" },
    security: usernameToken({ username: "reader", password: () => SOAP_PASSWORD, type: "digest" }),
  }),
  destination: postgres().table("orders", { key: ["id"] }),
});
