import { MillraceError } from "@millrace/core";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { ErrorDetail, ErrorParams, ErrorsPage, ErrorsQuery } from "./schemas.ts";

const tags = ["errors"];

/** Errors of runs, grouped by fingerprint. */
export const errorsRoutes: ApiRoutes = (server) => {
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
    pending,
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
    pending,
  );
};

function pending(): never {
  throw new MillraceError("MLR_INTERNAL", "not there yet");
}
