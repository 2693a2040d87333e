import { MillraceError } from "@millrace/core";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { ApiLogger } from "../server/api-logger.ts";
import type { ApiRoutes } from "../server/api-routes.ts";
import { noteForAudit } from "./audit-note.ts";
import type { Authentication } from "./authentication.ts";
import { beginSession } from "./begin-session.ts";
import { clearCookie, OIDC_COOKIE, readCookie, setCookie } from "./cookies.ts";
import { OIDC_MS, type OidcSignIn } from "./oidc/oidc-sign-in.ts";
import { ownAddress } from "./own-address.ts";
import { OidcQuery } from "./schemas.ts";

const tags = ["Sign-in"];
const CALLBACK = "/api/v1/auth/oidc/callback";
const Redirected = z.null().describe("The header Location tells where to go on.");

/**
 * Signing in by another service. Both routes are opened by a browser, not by a script: they answer by sending it on, where it
 * fails to the sign-in page with `?error=` and the code.
 */
export function oidcRoutes(auth: Authentication): ApiRoutes {
  const { publicUrl, logger } = auth;
  return (server) => {
    server.get(
      "/auth/oidc",
      {
        config: { role: "public" },
        schema: {
          operationId: "beginOidcSignIn",
          tags,
          summary: "Go to the service that signs people in by OpenID Connect",
          querystring: OidcQuery,
          response: { 302: Redirected },
        },
      },
      async (request, reply) => {
        const redirectUri = `${ownAddress(request, publicUrl)}${CALLBACK}`;
        try {
          const { url, cookie } = await service(auth).begin(redirectUri, request.query.returnTo);
          setCookie(reply, OIDC_COOKIE, { value: cookie, maxAgeMs: OIDC_MS, publicUrl });
          return await reply.header("cache-control", "no-store").redirect(url, 302);
        } catch (error) {
          return reply.redirect(failurePage(request, error, logger), 302);
        }
      },
    );
    server.get(
      "/auth/oidc/callback",
      {
        config: { role: "public", audit: "auth.oidc" },
        schema: {
          operationId: "finishOidcSignIn",
          tags,
          summary: "Come back from that service",
          response: { 302: Redirected },
        },
      },
      async (request, reply) => {
        const cookie = readCookie(request, OIDC_COOKIE, publicUrl);
        clearCookie(reply, OIDC_COOKIE, publicUrl);
        reply.header("cache-control", "no-store");
        try {
          const query = request.url.slice(CALLBACK.length);
          const { user, returnTo } = await service(auth).finish(cookie, query);
          await beginSession(auth, reply, { user: user.id, via: "oidc" });
          return await reply.redirect(returnTo, 302);
        } catch (error) {
          return reply.redirect(failurePage(request, error, logger), 302);
        }
      },
    );
  };
}

function service({ oidc }: Authentication): OidcSignIn {
  if (oidc !== undefined) return oidc;
  throw new MillraceError("MLR_SIGN_IN_OIDC", "No service that signs people in is set up here", {
    hint: "Set MILLRACE_OIDC_ISSUER and what belongs to it; see the guide on users.",
    retry: "never",
  });
}

/** The sign-in page, which tells by the code what went wrong. What is no error of ours goes on to the log. */
function failurePage(request: FastifyRequest, error: unknown, logger: ApiLogger | undefined): string {
  if (!(error instanceof MillraceError)) throw error;
  const { code } = error;
  logger?.warn({ error, id: request.id }, "A sign-in by OpenID Connect failed");
  noteForAudit(request, { failed: code, details: { reason: error.message } });
  return `/sign-in?error=${encodeURIComponent(code)}`;
}
