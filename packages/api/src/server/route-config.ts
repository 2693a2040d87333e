import type { Role } from "./role.ts";

/** What every route says about itself; one without it is refused when the server starts. */
export interface RouteConfig {
  /** What it takes to call it; `public`: nothing, not even to be signed in. */
  readonly role: Role | "public";
  /** Name of what it does in the audit log, such as `pipeline.pause`. Absent: it changes nothing, and is not recorded. */
  readonly audit?: string;
  /** Takes the header `Idempotency-Key`: the same key within a day gets the first answer again. */
  readonly idempotent?: boolean;
}

declare module "fastify" {
  interface FastifyContextConfig extends Partial<RouteConfig> {}
}
