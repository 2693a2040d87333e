import type { DataServer } from "../server/data-server.ts";
import type { DataService } from "../server/data-service.ts";
import { callerOf } from "../server/request-caller.ts";
import { DOCS_PAGE, DOCS_SCRIPT, DOCS_STYLE } from "./docs-page.ts";
import { dataOpenApi } from "./open-api.ts";

/** `GET /data/openapi.json`: what the caller can ask; and a page at `/data/docs` on which it can be tried, which needs no other server. */
export function docsRoutes(server: DataServer, service: DataService): void {
  server.get("/data/openapi.json", async (request, reply) => {
    const { role } = await callerOf(request, service);
    reply.header("cache-control", "private, no-cache");
    return dataOpenApi(await service.catalog.view(), role);
  });
  const files = [
    ["/data/docs", "text/html; charset=utf-8", DOCS_PAGE],
    ["/data/docs/page.css", "text/css; charset=utf-8", DOCS_STYLE],
    ["/data/docs/page.js", "text/javascript; charset=utf-8", DOCS_SCRIPT],
  ] as const;
  for (const [path, type, text] of files) {
    server.get(path, async (_, reply) =>
      reply.type(type).header("cache-control", "public, max-age=300").send(text),
    );
  }
}
