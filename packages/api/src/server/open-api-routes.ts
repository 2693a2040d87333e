import { z } from "zod";
import type { ApiServer } from "./api-routes.ts";

/** `GET /openapi.json`: what the API has, for people and for generators of clients. */
export function openApiRoutes(server: ApiServer): void {
  let text: string | undefined;
  server.get(
    "/openapi.json",
    {
      config: { role: "public" },
      schema: {
        operationId: "getOpenApi",
        tags: ["server"],
        summary: "This document.",
        response: { 200: z.record(z.string(), z.unknown()).describe("OpenAPI 3.1.") },
      },
    },
    async (_, reply) => {
      text ??= JSON.stringify(server.swagger());
      // Text goes out as it is; its type is that of the parsed document.
      reply.type("application/json");
      return text as unknown as Record<string, unknown>;
    },
  );
}
