import type { ApiRoutes } from "../server/api-routes.ts";
import { pageOf as pageSchema } from "../server/page.ts";
import type { Authentication } from "./authentication.ts";
import { pageEnd, pageOf } from "./pages.ts";
import { AuditEntry, AuditQuery } from "./schemas.ts";

/** Who did what. */
export function auditRoutes({ audit }: Authentication): ApiRoutes {
  return (server) => {
    server.get(
      "/audit",
      {
        config: { role: "admin" },
        schema: {
          operationId: "listAudit",
          tags: ["Audit"],
          summary: "Who did what and what came of it, newest first",
          querystring: AuditQuery,
          response: { 200: pageSchema(AuditEntry) },
        },
      },
      async ({ query: { limit, after, ...wish } }) => {
        const found = await audit.list({ ...wish, limit: limit + 1, after: pageEnd(after, /^\d{1,18}$/) });
        return pageOf(found, limit, ({ id }) => id);
      },
    );
  };
}
