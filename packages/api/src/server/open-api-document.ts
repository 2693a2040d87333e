import type { Json } from "@millrace/core";
import { systemClock } from "@millrace/core";
import { ROUTES } from "../manage/routes.ts";
import type { ApiContext } from "./api-context.ts";
import { createServer } from "./create-server.ts";

/** The OpenAPI document of all routes, without a database: it is committed as `openapi.json`. */
export async function openApiDocument(): Promise<Json> {
  const server = await createServer({
    // Routes only keep it until they are called.
    context: { clock: systemClock } as ApiContext,
    guard: { identify: async () => undefined },
    routes: ROUTES,
    logger: { error: () => undefined, warn: () => undefined },
  });
  const document = server.swagger() as unknown as Json;
  await server.close();
  return document;
}
