import { MillraceError } from "@millrace/core";
import type { FastifyRequest } from "fastify";
import type { CatalogView } from "../exposure/data-catalog.ts";
import { PUBLIC_ROLE } from "../exposure/data-policy.ts";
import { notExposed } from "../exposure/exposures.ts";
import type { Grant } from "../exposure/grant.ts";
import type { DataCaller } from "../keys/data-caller.ts";
import type { DataService } from "./data-service.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who makes a request to the data API; undefined before that is known. */
    dataCaller?: DataCaller;
  }
}

/**
 * Tells who makes a request, and counts it. Fails with MLR_SIGN_IN_REQUIRED where a key is shown that does not hold, and with
 * MLR_REQUEST_LIMIT.
 */
export async function callerOf(
  request: FastifyRequest,
  { callers, rates }: DataService,
): Promise<DataCaller> {
  const { authorization } = request.headers;
  let caller = callers.known(authorization);
  if (caller === undefined) {
    // Before the database is asked: a guess costs no more than a request.
    rates.takeUnknown(request.ip);
    caller = await callers.identify(authorization, request.ip);
  }
  request.dataCaller = caller;
  rates.take(caller, request.ip);
  return caller;
}

/**
 * What a caller may read of a table. Whether there is a table that it may not read, nobody is told: without a key it fails
 * with MLR_SIGN_IN_REQUIRED, with one as MLR_TABLE_NOT_FOUND.
 */
export function grantOf(view: CatalogView, { role }: DataCaller, table: string): Grant {
  const grant = view.grant(role, table);
  if (grant !== undefined) return grant;
  if (role === PUBLIC_ROLE) {
    throw new MillraceError("MLR_SIGN_IN_REQUIRED", `Without a key there is no table "${table}"`, {
      hint: "Send the header Authorization: Bearer mlrd_…; GET /data lists what can be read without.",
      details: { table },
    });
  }
  throw notExposed(
    table,
    view.grants(role).map(({ exposure }) => exposure.name),
  );
}
