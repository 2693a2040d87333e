import { existsSync } from "node:fs";
import { extname, join, sep } from "node:path";
import files from "@fastify/static";
import { MillraceError } from "@millrace/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { API_PREFIX } from "./api-prefix.ts";
import type { ApiServer } from "./api-routes.ts";

/** Files in this folder have a hash of their content in their names, so that they never change. */
const HASHED = `${sep}assets${sep}`;
const FOR_EVER = "public, max-age=31536000, immutable";

/**
 * Serves the dashboard's files. Paths that are no file and have no extension get its page, which finds its way itself.
 * Everything else outside of the API is MLR_ROUTE_NOT_FOUND.
 * @param folder of the built dashboard; undefined, or as long as nothing is in it: a page says that there is none
 */
export async function serveDashboard(server: ApiServer, folder: string | undefined): Promise<void> {
  if (folder !== undefined) {
    await server.register(files, {
      root: folder,
      cacheControl: false,
      setHeaders: (reply, path) => {
        reply.header("cache-control", path.includes(HASHED) ? FOR_EVER : "no-cache");
      },
    });
  }
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?")[0] ?? "";
    if (!isPage(request, path)) {
      throw new MillraceError("MLR_ROUTE_NOT_FOUND", `There is nothing at ${request.method} ${path}`, {
        hint: `GET ${API_PREFIX}/openapi.json lists what there is.`,
      });
    }
    // Asked each time: it may be built while the server runs.
    const built = folder !== undefined && existsSync(join(folder, "index.html"));
    return built ? reply.sendFile("index.html") : sendUnbuilt(reply);
  });
}

/** A path of the dashboard: what a person typed or came from, not a file that is missing, nor a route. */
function isPage({ method, headers }: FastifyRequest, path: string): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  if (path === "/api" || path.startsWith("/api/")) return false;
  return extname(path) === "" || (headers.accept ?? "").includes("text/html");
}

function sendUnbuilt(reply: FastifyReply): FastifyReply {
  return reply.code(503).header("cache-control", "no-store").type("text/html; charset=utf-8").send(UNBUILT);
}

const UNBUILT = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Millrace: the dashboard is not built</title>
  </head>
  <body>
    <h1>The dashboard is not built yet</h1>
    <p>The server runs, and its API answers under <a href="${API_PREFIX}/openapi.json">${API_PREFIX}</a>.</p>
    <p>In the repository, <code>npm install</code> builds the dashboard; <code>npm run build -w packages/dashboard</code>
    builds it again.</p>
  </body>
</html>
`;
