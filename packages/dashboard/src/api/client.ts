import createClient, { type Middleware } from "openapi-fetch";
import { readApiError, unreachable } from "./api-error.ts";
import type { paths } from "./schema.gen.ts";
import { signedOut } from "./session-state.ts";

/** A header that forms and pages of other sites cannot send: shows the server that a change comes from this page. */
const OWN_PAGE = "x-millrace-request";

const guard: Middleware = {
  onRequest({ request }) {
    request.headers.set(OWN_PAGE, "1");
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) return;
    // A wrong password is an answer of the sign-in page's own; anything else means that the session is over.
    if (response.status === 401 && !schemaPath.startsWith("/api/v1/auth/")) signedOut();
    throw await readApiError(response);
  },
  onError() {
    return unreachable();
  },
};

/** The API, typed by its OpenAPI document. A refusal is thrown as an `ApiError`. */
export const api = createClient<paths>({ baseUrl: location.origin, credentials: "same-origin" });
api.use(guard);
