import { MillraceError } from "@millrace/core";
import type { FastifyRequest } from "fastify";
import type { Guard } from "./guard.ts";
import { identityOf } from "./identity-of.ts";
import type { RequestLimits } from "./request-limits.ts";
import { suffices } from "./role.ts";

/**
 * Lets a request through to a route if who makes it may use it, and keeps who that is in `request.identity`. Counts the
 * request. Fails with MLR_SIGN_IN_REQUIRED, MLR_ACCESS_DENIED or MLR_REQUEST_LIMIT.
 */
export async function checkAccess(
  request: FastifyRequest,
  guard: Guard,
  limits: RequestLimits,
): Promise<void> {
  const { role } = request.routeOptions.config;
  if (role === undefined || role === "public") return limits.take("address", request.ip);
  try {
    request.identity = await guard.identify(request);
    identityOf(request);
  } catch (error) {
    // Those who guess are counted by where they are.
    limits.take("address", request.ip);
    throw error;
  }
  const { id, role: held } = identityOf(request);
  limits.take("identity", id);
  if (suffices(held, role)) return;
  throw new MillraceError("MLR_ACCESS_DENIED", `This needs the role ${role}, and you are ${held}`, {
    hint: "An administrator can change roles under Users and tokens.",
    details: { needed: role, held },
  });
}
