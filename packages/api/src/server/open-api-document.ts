import { type Json, systemClock } from "@millrace/core";
import pg from "pg";
import { openAuthentication } from "../auth/authentication.ts";
import { allRoutes } from "./all-routes.ts";
import type { ApiContext } from "./api-context.ts";
import { createServer } from "./create-server.ts";

/** Nothing connects. */
const NOWHERE = "postgresql://127.0.0.1/nowhere";

/** The OpenAPI document of all routes, without a database: it is committed as `openapi.json`. */
export async function openApiDocument(): Promise<Json> {
  const pool = new pg.Pool();
  const authentication = openAuthentication({ pool });
  const server = await createServer({
    // Routes only keep it until they are called; the pool connects with its first query.
    context: { pool, control: { url: NOWHERE }, clock: systemClock } as ApiContext,
    guard: authentication.guard,
    routes: allRoutes(authentication),
    logger: { error: () => undefined, warn: () => undefined },
  });
  const document = server.swagger() as unknown as Json;
  await server.close();
  await pool.end();
  return document;
}
