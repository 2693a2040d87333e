import { MillraceError } from "@millrace/core";
import type { FastifyRequest } from "fastify";
import type { Identity } from "./identity.ts";

/** Who makes a request. Fails with MLR_SIGN_IN_REQUIRED where nobody is known, which happens on public routes alone. */
export function identityOf(request: FastifyRequest): Identity {
  if (request.identity !== undefined) return request.identity;
  throw new MillraceError("MLR_SIGN_IN_REQUIRED", "This needs to be signed in", {
    hint: "Sign in on the dashboard, or send an API token in the header Authorization: Bearer.",
  });
}
