import { type Json, MillraceError } from "@millrace/core";
import type { FastifyRequest } from "fastify";
import type { ApiTokens, OpenToken } from "./api-tokens.ts";
import type { Caller } from "./caller.ts";
import { readCookie, SESSION_COOKIE } from "./cookies.ts";
import { checkOwnPage } from "./own-page.ts";
import type { OpenSession, Sessions } from "./sessions.ts";
import { checkTokenScope, type ScopeLookups } from "./token-scope.ts";

/** What requests are looked up in. */
export interface IdentifyBy extends ScopeLookups {
  readonly sessions: Sessions;
  readonly tokens: ApiTokens;
  readonly publicUrl?: URL | undefined;
  /** What the sign-in page has to know, in the details of a refusal. */
  readonly welcome: Readonly<Record<string, Json>>;
}

/**
 * Who makes a request: by the header `Authorization: Bearer mlr_…`, else by the cookie of a session. Fails with
 * MLR_SIGN_IN_REQUIRED where it has neither or it does not hold, and with MLR_ACCESS_DENIED.
 */
export async function identify(request: FastifyRequest, by: IdentifyBy): Promise<Caller> {
  const { authorization } = request.headers;
  // A browser adds cookies by itself, a token only who has it: so a wrong token is no reason to look at the cookie.
  if (authorization !== undefined) return byToken(request, authorization, by);
  const cookie = readCookie(request, SESSION_COOKIE, by.publicUrl);
  if (cookie === undefined || cookie === "") throw required("This needs to be signed in", by);
  const session = await by.sessions.find(cookie);
  if (session === undefined) throw required("The session has ended", by);
  checkOwnPage(request);
  return ofSession(session);
}

async function byToken(request: FastifyRequest, header: string, by: IdentifyBy): Promise<Caller> {
  const secret = /^Bearer +(\S{1,200})$/i.exec(header)?.[1];
  const token = secret === undefined ? undefined : await by.tokens.find(secret, request.ip);
  if (token === undefined) throw required("The API token does not exist, has expired, or was revoked", by);
  if (token.scope !== null) await checkTokenScope(request, token.scope, by);
  return ofToken(token);
}

function ofSession(session: OpenSession): Caller {
  const { id, name, role } = session.user;
  return { kind: "user", id, name, role, userId: id, session, scope: null };
}

function ofToken({ id, name, role, userId, scope }: OpenToken): Caller {
  return { kind: "token", id, name: `token ${name}`, role, userId, session: null, scope };
}

function required(message: string, { welcome }: IdentifyBy): MillraceError {
  return new MillraceError("MLR_SIGN_IN_REQUIRED", message, {
    hint: "Sign in on the dashboard, or send an API token in the header Authorization: Bearer.",
    details: { ...welcome },
  });
}
