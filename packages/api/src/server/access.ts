import { MillraceError } from "@millrace/core";
import type { FastifyRequest } from "fastify";
import type { Guard } from "./guard.ts";
import { identityOf } from "./identity-of.ts";
import { suffices } from "./role.ts";

/** Lets a request through to a route if who makes it may use it, and keeps who that is in `request.identity`. */
export async function checkAccess(request: FastifyRequest, guard: Guard): Promise<void> {
  const { role } = request.routeOptions.config;
  if (role === undefined || role === "public") return;
  request.identity = await guard.identify(request);
  const { role: held } = identityOf(request);
  if (suffices(held, role)) return;
  throw new MillraceError("MLR_ACCESS_DENIED", `This needs the role ${role}, and you are ${held}`, {
    hint: "An administrator can change roles under Users and tokens.",
    details: { needed: role, held },
  });
}
