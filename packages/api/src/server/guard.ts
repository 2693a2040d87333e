import type { FastifyReply, FastifyRequest } from "fastify";
import type { Identity } from "./identity.ts";

/** Finds out who makes a request, and records what was done: sign-in is a part of its own. */
export interface Guard {
  /** Called before everything else, also for pages. Fails with MLR_ACCESS_DENIED for what may not even connect. */
  admit?(request: FastifyRequest): Promise<void>;
  /**
   * Who makes the request: undefined where it says nothing about that. Called before each route that is not public. Fails
   * with MLR_SIGN_IN_REQUIRED for a session or token that does not hold, with MLR_ACCESS_DENIED for a request that
   * another site made.
   */
  identify(request: FastifyRequest): Promise<Identity | undefined>;
  /** Called before the handler of each route whose config has `audit`; where it fails, nothing is done. */
  begin?(request: FastifyRequest): Promise<void>;
  /** Called with the answer of each route whose config has `audit`, also when it was refused. What it throws is logged. */
  record?(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void>;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Who makes it; undefined on public routes. */
    identity: Identity | undefined;
  }
}
