import { MillraceError } from "@millrace/core";
import type { FastifyRequest } from "fastify";
import type pg from "pg";
import type { TokenScope } from "./api-tokens.ts";

/** What looks up whose a run or table is. */
export interface ScopeLookups {
  readonly pool: pg.Pool;
  /** The pipeline that writes a table. */
  readonly tableOwner?: ((table: string) => Promise<string | undefined>) | undefined;
}

/** Lists that tell about one pipeline where `?pipeline=` names it. */
export const PIPELINE_LISTS: ReadonlySet<string> = new Set([
  "/runs",
  "/logs",
  "/events",
  "/functions",
  "/objects",
  "/quality",
  "/schedules",
  "/errors",
]);
const PREFIX = /^\/api\/v1(?=\/)/;

/**
 * Lets a token that is limited to groups or pipelines read what belongs to them: a route has to name the pipeline, the run or
 * the table that it tells about. Every other route is refused, so that a new one gives nothing away by mistake.
 * Fails with MLR_ACCESS_DENIED.
 */
export async function checkTokenScope(
  request: FastifyRequest,
  scope: TokenScope,
  lookups: ScopeLookups,
): Promise<void> {
  const route = (request.routeOptions.url ?? "").replace(PREFIX, "");
  if (request.method === "GET" && route === "/auth/me") return;
  const pipeline = request.method === "GET" ? await pipelineOf(route, request, lookups) : undefined;
  if (pipeline !== undefined && (await isWithin(pipeline, scope, lookups.pool))) return;
  throw new MillraceError("MLR_ACCESS_DENIED", "This token does not reach that far", {
    hint: "It reads pipelines by name, their runs and tables, and lists with ?pipeline=. A token without groups and pipelines reads everything.",
    details: {
      groups: scope.groups === null ? null : [...scope.groups],
      pipelines: scope.pipelines === null ? null : [...scope.pipelines],
    },
  });
}

async function pipelineOf(
  route: string,
  request: FastifyRequest,
  { pool, tableOwner }: ScopeLookups,
): Promise<string | undefined> {
  const [, resource, parameter = ""] = route.split("/");
  const named = parameter.startsWith(":") ? text(request.params, parameter.slice(1)) : undefined;
  if (named === undefined) return PIPELINE_LISTS.has(route) ? text(request.query, "pipeline") : undefined;
  if (resource === "pipelines") return named;
  if (resource === "tables") return tableOwner?.(named);
  if (resource !== "runs" || !UUID.test(named)) return undefined;
  const { rows } = await pool.query<{ pipeline: string }>(
    "SELECT pipeline FROM millrace_control.runs WHERE id = $1",
    [named],
  );
  return rows[0]?.pipeline;
}

async function isWithin(pipeline: string, scope: TokenScope, pool: pg.Pool): Promise<boolean> {
  if (scope.pipelines?.includes(pipeline) === true) return true;
  if (scope.groups === null) return false;
  const { rowCount } = await pool.query(
    "SELECT FROM millrace_control.pipelines WHERE name = $1 AND group_name = ANY ($2)",
    [pipeline, scope.groups],
  );
  return rowCount === 1;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What a name stands for, before the route has checked it: one text, or nothing. A list of texts could mean another pipeline. */
function text(fields: unknown, name: string): string | undefined {
  const value = (fields as Readonly<Record<string, unknown>> | undefined)?.[name];
  return typeof value === "string" ? value : undefined;
}
