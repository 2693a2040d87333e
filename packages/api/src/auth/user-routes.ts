import { pageEnd, pageOf } from "./pages.ts";
import type { ApiRoutes } from "../server/api-routes.ts";
import { PageQuery, pageOf as pageSchema } from "../server/page.ts";
import { noteForAudit } from "./audit-note.ts";
import type { Authentication } from "./authentication.ts";
import { callerOf } from "./caller.ts";
import { hashPassword } from "./password-hash.ts";
import { checkNewPassword } from "./password-rules.ts";
import { IdParams, LinkWish, Removed, SignedOut, SignInLink, User, UserBody, UserChange } from "./schemas.ts";

const tags = ["Users"];

/** Who may sign in, and with what role: for administrators. */
export function userRoutes(auth: Authentication): ApiRoutes {
  const { users, links, sessions } = auth;
  return (server) => {
    server.get(
      "/users",
      {
        config: { role: "admin" },
        schema: {
          operationId: "listUsers",
          tags,
          summary: "All users, by name",
          querystring: PageQuery,
          response: { 200: pageSchema(User) },
        },
      },
      async ({ query: { limit, after } }) => {
        const found = await users.list(limit + 1, pageEnd(after));
        return pageOf(found, limit, ({ name }) => name);
      },
    );
    server.post(
      "/users",
      {
        config: { role: "admin", audit: "user.add" },
        schema: {
          operationId: "addUser",
          tags,
          summary: "Add a user",
          body: UserBody,
          response: { 200: User },
        },
      },
      async (request) => {
        const { name, role, password } = request.body;
        noteForAudit(request, { target: name, details: { role } });
        if (password !== undefined) checkNewPassword(password, name);
        const passwordHash =
          password === undefined
            ? undefined
            : await auth.turns.take(() => hashPassword(password, auth.passwordCost));
        return users.add({
          name,
          role,
          by: callerOf(request).name,
          ...(passwordHash === undefined ? {} : { passwordHash }),
        });
      },
    );
    server.get(
      "/users/:id",
      {
        config: { role: "admin" },
        schema: {
          operationId: "getUser",
          tags,
          summary: "One user",
          params: IdParams,
          response: { 200: User },
        },
      },
      async ({ params }) => users.get(params.id),
    );
    server.patch(
      "/users/:id",
      {
        config: { role: "admin", audit: "user.change" },
        schema: {
          operationId: "changeUser",
          tags,
          summary: "Change a role, or let somebody in no more; one administrator always stays",
          params: IdParams,
          body: UserChange,
          response: { 200: User },
        },
      },
      async (request) => {
        const { params, body } = request;
        const { name } = await users.get(params.id);
        noteForAudit(request, { target: name, details: definedOf(body) });
        return users.change(params.id, body);
      },
    );
    server.delete(
      "/users/:id",
      {
        config: { role: "admin", audit: "user.remove" },
        schema: {
          operationId: "removeUser",
          tags,
          summary: "Remove a user with their sessions and tokens; one administrator always stays",
          params: IdParams,
          response: { 200: Removed },
        },
      },
      async (request) => {
        const { id } = request.params;
        noteForAudit(request, { target: (await users.get(id)).name });
        await users.remove(id);
        return { removed: true as const };
      },
    );
    server.post(
      "/users/:id/link",
      {
        config: { role: "admin", audit: "user.link" },
        schema: {
          operationId: "makeSignInLink",
          tags,
          summary: "Make a link that signs a user in once, to begin with or where the password is forgotten",
          params: IdParams,
          body: LinkWish,
          response: { 200: SignInLink },
        },
      },
      async (request) => {
        const { id, name } = await users.get(request.params.id);
        noteForAudit(request, { target: name });
        const validMs = request.body.validMinutes * 60_000;
        const { token, path, expiresAt } = await links.create({
          user: id,
          by: callerOf(request).name,
          validMs,
        });
        return { token, path, expiresAt: expiresAt.toISOString() };
      },
    );
    server.post(
      "/users/:id/sign-out",
      {
        config: { role: "admin", audit: "user.sign-out" },
        schema: {
          operationId: "signUserOut",
          tags,
          summary: "End all sessions of a user",
          params: IdParams,
          response: { 200: SignedOut },
        },
      },
      async (request) => {
        const { id, name } = await users.get(request.params.id);
        noteForAudit(request, { target: name });
        return { sessions: await sessions.end(id) };
      },
    );
  };
}

function definedOf(change: { readonly role?: string | undefined; readonly disabled?: boolean | undefined }): {
  role?: string;
  disabled?: boolean;
} {
  const { role, disabled } = change;
  return { ...(role === undefined ? {} : { role }), ...(disabled === undefined ? {} : { disabled }) };
}
