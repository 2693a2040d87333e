import { MillraceError } from "@millrace/core";
import type { z } from "zod";
import type { ApiRoutes } from "../server/api-routes.ts";
import { pageOf as pageSchema } from "../server/page.ts";
import { suffices } from "../server/role.ts";
import type { TokenRecord } from "./api-tokens.ts";
import { noteForAudit } from "./audit-note.ts";
import type { Authentication } from "./authentication.ts";
import { callerOf, personOf } from "./caller.ts";
import { pageEnd, pageOf } from "./pages.ts";
import { IdParams, NewToken, Token, TokenBody, TokenQuery } from "./schemas.ts";

const tags = ["Tokens"];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DAY_MS = 86_400_000;

/** What programs sign in with: everybody has their own, and administrators see all. */
export function tokenRoutes(auth: Authentication): ApiRoutes {
  const { tokens } = auth;
  return (server) => {
    server.get(
      "/tokens",
      {
        config: { role: "viewer" },
        schema: {
          operationId: "listTokens",
          tags,
          summary: "One's own API tokens, or for administrators those of all, newest first",
          querystring: TokenQuery,
          response: { 200: pageSchema(Token) },
        },
      },
      async (request) => {
        const { limit, after, all } = request.query;
        const { userId, role } = callerOf(request);
        if (all && role !== "admin") {
          throw new MillraceError("MLR_ACCESS_DENIED", `This needs the role admin, and you are ${role}`, {
            hint: "Without ?all=true the list has your own tokens.",
          });
        }
        const user = all ? undefined : userId;
        const found = await tokens.list({ limit: limit + 1, after: pageEnd(after, UUID), user });
        return pageOf(found.map(writable), limit, ({ id }) => id);
      },
    );
    server.post(
      "/tokens",
      {
        config: { role: "viewer", audit: "token.create" },
        schema: {
          operationId: "createToken",
          tags,
          summary: "Make an API token of one's own; what it is is told this one time",
          body: TokenBody,
          response: { 200: NewToken },
        },
      },
      async (request) => {
        const { userId, role: held } = personOf(request);
        const { name, role, groups, pipelines, streams, expiresInDays } = request.body;
        noteForAudit(request, { target: name, details: { role } });
        if (!suffices(held, role)) {
          throw new MillraceError("MLR_ACCESS_DENIED", `A token cannot be ${role} where you are ${held}`, {
            hint: `Make it ${held} or less.`,
          });
        }
        if (streams !== undefined && !suffices(held, "operator")) {
          throw new MillraceError("MLR_ACCESS_DENIED", "Tokens that push rows are made by operators", {
            hint: "Ask an operator or administrator for one.",
          });
        }
        const expiresAt = expiresInDays === null ? null : new Date(auth.clock.now() + expiresInDays * DAY_MS);
        const made = await tokens.create({ name, user: userId, role, groups, pipelines, streams, expiresAt });
        noteForAudit(request, { details: { id: made.token.id, hint: made.token.hint } });
        return { token: writable(made.token), secret: made.secret };
      },
    );
    server.delete(
      "/tokens/:id",
      {
        config: { role: "viewer", audit: "token.revoke" },
        schema: {
          operationId: "revokeToken",
          tags,
          summary: "Revoke a token: one's own, or for administrators any",
          params: IdParams,
          response: { 200: Token },
        },
      },
      async (request) => {
        const { userId, role } = callerOf(request);
        const token = await tokens.revoke(request.params.id, role === "admin" ? undefined : userId);
        noteForAudit(request, { details: { name: token.name, user: token.user } });
        return writable(token);
      },
    );
  };
}

/** A token as the answer has it. */
function writable({ scope, streams, ...token }: TokenRecord): z.infer<typeof Token> {
  const { groups = null, pipelines = null } = scope ?? {};
  return {
    ...token,
    streams: streams === null ? null : [...streams],
    scope:
      scope === null
        ? null
        : {
            groups: groups === null ? null : [...groups],
            pipelines: pipelines === null ? null : [...pipelines],
          },
  };
}
