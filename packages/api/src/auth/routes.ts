import type { ApiRoutes } from "../server/api-routes.ts";
import { auditRoutes } from "./audit-routes.ts";
import type { Authentication } from "./authentication.ts";
import { oidcRoutes } from "./oidc-routes.ts";
import { signInRoutes } from "./sign-in-routes.ts";
import { tokenRoutes } from "./token-routes.ts";
import { userRoutes } from "./user-routes.ts";

/** Signing in, users, tokens and the audit log. */
export function authRoutes(auth: Authentication): readonly ApiRoutes[] {
  const all = [signInRoutes(auth), oidcRoutes(auth), userRoutes(auth), tokenRoutes(auth), auditRoutes(auth)];
  return all.map((add): ApiRoutes => (server, context) => {
    // Who is who, and tokens that are shown once, stay in no cache.
    server.addHook("onSend", async (_, reply) => void reply.header("cache-control", "no-store"));
    add(server, context);
  });
}
