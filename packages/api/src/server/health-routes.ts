import { z } from "zod";
import type { ApiContext } from "./api-context.ts";
import type { ApiServer } from "./api-routes.ts";

const Health = z.object({
  status: z.enum(["ok", "unavailable"]),
  database: z.boolean().describe("The control database answers."),
});
type Health = z.infer<typeof Health>;

/** Probes share an answer for so long: anybody may ask. */
const FRESH_MS = 1_000;

/** `GET /health`: for load balancers and monitoring; needs no sign-in and tells nothing else. */
export function healthRoutes(server: ApiServer, { pool, clock }: ApiContext): void {
  let last: { readonly at: number; readonly health: Promise<Health> } | undefined;
  server.get(
    "/health",
    {
      config: { role: "public" },
      schema: {
        operationId: "getHealth",
        tags: ["server"],
        summary: "Whether the server and its control database answer.",
        response: { 200: Health, 503: Health },
      },
    },
    async (_, reply) => {
      const now = clock.monotonic();
      if (last === undefined || now - last.at > FRESH_MS) {
        const health = pool.query("SELECT 1").then(
          (): Health => ({ status: "ok", database: true }),
          (): Health => ({ status: "unavailable", database: false }),
        );
        last = { at: now, health };
      }
      const health = await last.health;
      return reply
        .header("cache-control", "no-store")
        .code(health.database ? 200 : 503)
        .send(health);
    },
  );
}
