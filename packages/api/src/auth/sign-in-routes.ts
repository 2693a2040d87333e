import type { ApiRoutes } from "../server/api-routes.ts";
import { noteForAudit } from "./audit-note.ts";
import type { Authentication } from "./authentication.ts";
import { beginSession } from "./begin-session.ts";
import { callerOf, personOf } from "./caller.ts";
import { changePassword } from "./change-password.ts";
import { clearCookie, SESSION_COOKIE } from "./cookies.ts";
import { meOf } from "./me.ts";
import { checkOwnPage } from "./own-page.ts";
import {
  IdParams,
  LinkBody,
  Me,
  PasswordBody,
  Sessions,
  SignedOut,
  SignInBody,
  SignInMethods,
  SignOutBody,
} from "./schemas.ts";
import { checkPassword } from "./sign-in.ts";

const tags = ["Sign-in"];

/** Signing in and out, with a password or a link, and one's own sessions and password. */
export function signInRoutes(auth: Authentication): ApiRoutes {
  return (server) => {
    server.get(
      "/auth/methods",
      {
        config: { role: "public" },
        schema: {
          operationId: "getSignInMethods",
          tags,
          summary: "How one can sign in here",
          response: { 200: SignInMethods },
        },
      },
      () => ({ password: true as const, oidc: auth.oidc !== undefined }),
    );
    server.post(
      "/auth/sign-in",
      {
        config: { role: "public", audit: "auth.sign-in" },
        schema: {
          operationId: "signIn",
          tags,
          summary: "Sign in with name and password; the session is kept in a cookie",
          body: SignInBody,
          response: { 200: Me },
        },
        preHandler: async (request) => checkOwnPage(request),
      },
      async ({ body, ip }, reply) => {
        const meant = (name: string): void => noteForAudit(reply.request, { target: name });
        const user = await checkPassword(auth, { ...body, address: ip, meant });
        return meOf(await beginSession(auth, reply, { user: user.id, via: "password" }));
      },
    );
    server.post(
      "/auth/link",
      {
        config: { role: "public", audit: "auth.link" },
        schema: {
          operationId: "signInByLink",
          tags,
          summary: "Sign in by a link, once",
          body: LinkBody,
          response: { 200: Me },
        },
        preHandler: async (request) => checkOwnPage(request),
      },
      async ({ body, ip }, reply) => {
        await auth.failures.count(ip);
        const user = await auth.links.use(body.token);
        await auth.failures.forgive(ip);
        return meOf(await beginSession(auth, reply, { user, via: "link" }));
      },
    );
    server.post(
      "/auth/sign-out",
      {
        config: { role: "viewer", audit: "auth.sign-out" },
        schema: {
          operationId: "signOut",
          tags,
          summary: "End this session, or all of one's own",
          body: SignOutBody,
          response: { 200: SignedOut },
        },
      },
      async (request, reply) => {
        const { userId, name, session } = personOf(request);
        const { everywhere } = request.body;
        noteForAudit(request, { target: name, details: { everywhere } });
        const sessions = await auth.sessions.end(userId, everywhere ? undefined : session.id);
        clearCookie(reply, SESSION_COOKIE, auth.publicUrl);
        return { sessions };
      },
    );
    server.get(
      "/auth/me",
      {
        config: { role: "viewer" },
        schema: {
          operationId: "getMe",
          tags,
          summary: "Who makes the request, and what they may do",
          response: { 200: Me },
        },
      },
      async (request) => meOf(callerOf(request)),
    );
    server.post(
      "/auth/password",
      {
        config: { role: "viewer", audit: "auth.password" },
        schema: {
          operationId: "setPassword",
          tags,
          summary: "Set one's own password; all other sessions end, and this one goes on under a new cookie",
          body: PasswordBody,
          response: { 200: Me },
        },
      },
      async (request, reply) => {
        const person = personOf(request);
        noteForAudit(request, { target: person.name });
        await changePassword(auth, person, { ...request.body, address: request.ip });
        return meOf(await beginSession(auth, reply, { user: person.userId, via: "password" }));
      },
    );
    server.get(
      "/auth/sessions",
      {
        config: { role: "viewer" },
        schema: {
          operationId: "listSessions",
          tags,
          summary: "One's own open sessions, newest first",
          response: { 200: Sessions },
        },
      },
      async (request) => {
        const { userId, session } = personOf(request);
        const all = await auth.sessions.list(userId);
        return { items: all.map((each) => ({ ...each, current: each.id === session.id })) };
      },
    );
    server.delete(
      "/auth/sessions/:id",
      {
        config: { role: "viewer", audit: "auth.session.end" },
        schema: {
          operationId: "endSession",
          tags,
          summary: "End one of one's own sessions",
          params: IdParams,
          response: { 200: SignedOut },
        },
      },
      async (request) => ({
        sessions: await auth.sessions.end(personOf(request).userId, request.params.id),
      }),
    );
  };
}
