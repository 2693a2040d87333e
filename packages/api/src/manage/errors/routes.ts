import type { ApiRoutes } from "../../server/api-routes.ts";
import { getError, listErrors } from "./queries.ts";
import { ErrorDetail, ErrorParams, ErrorsPage, ErrorsQuery } from "./schemas.ts";

const tags = ["errors"];

/** Errors of runs, grouped by fingerprint. */
export const errorsRoutes: ApiRoutes = (server, { pool }) => {
  server.get(
    "/errors",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "listErrors",
        summary: "Errors by fingerprint, the latest first",
        tags,
        querystring: ErrorsQuery,
        response: { 200: ErrorsPage },
      },
    },
    ({ query }) => listErrors(pool, query),
  );
  server.get(
    "/errors/:fingerprint",
    {
      config: { role: "viewer" },
      schema: {
        operationId: "getError",
        summary: "One kind of error, with its days and runs",
        tags,
        params: ErrorParams,
        response: { 200: ErrorDetail },
      },
    },
    ({ params }) => getError(pool, params.fingerprint),
  );
};
