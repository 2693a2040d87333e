import { MillraceError } from "@millrace/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { noteForAudit } from "./audit-note.ts";
import type { Authentication } from "./authentication.ts";
import type { Caller } from "./caller.ts";
import { readCookie, SESSION_COOKIE, setCookie } from "./cookies.ts";
import type { SignInWay } from "./sessions.ts";

/** Signs a user in: a new session in place of the one that the browser may have had, and its cookie. */
export async function beginSession(
  auth: Authentication,
  reply: FastifyReply,
  signedIn: { readonly user: string; readonly via: SignInWay },
): Promise<Caller> {
  const { request } = reply;
  const { sessions, publicUrl } = auth;
  const token = await sessions.begin(signedIn.user, signedIn.via, placeOf(request), {
    replaces: readCookie(request, SESSION_COOKIE, publicUrl),
  });
  const session = await sessions.find(token);
  if (session === undefined) {
    throw new MillraceError("MLR_SIGN_IN_FAILED", "This user may not sign in any more", {
      hint: "Ask an administrator.",
    });
  }
  setCookie(reply, SESSION_COOKIE, { value: token, maxAgeMs: sessions.absoluteMs, publicUrl });
  const { id, name, role } = session.user;
  noteForAudit(request, { actor: { kind: "user", id, name }, target: name, details: { via: session.via } });
  return { kind: "user", id, name, role, userId: id, session, scope: null };
}

function placeOf({ ip, headers }: FastifyRequest): {
  readonly address: string;
  readonly userAgent: string | undefined;
} {
  return { address: ip, userAgent: headers["user-agent"] };
}
