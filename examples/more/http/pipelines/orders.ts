import { http, oauth2, pipeline, postgres, relay } from "millrace";

const { API_URL = "http://127.0.0.1:8080", API_SECRET = "" } = process.env;
const auth = oauth2({ tokenUrl: `${API_URL}/token`, clientId: "client+1", clientSecret: () => API_SECRET });
const query = `query ($after: String) {
  orders(after: $after) { nodes { id total } pageInfo { hasNextPage endCursor } }
}`;

/** A GraphQL connection, with a token that is fetched and renewed. */
export default pipeline("orders", {
  // prettier-ignore
  source: http({ url: `${API_URL}/graphql`, auth, graphql: { query }, paginate: relay({ connection: "$.data.orders" }) }),
  destination: postgres().table("orders", { key: ["id"] }),
});
