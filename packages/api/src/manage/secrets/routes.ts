import { MillraceError } from "@millrace/core";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { identityOf } from "../../server/identity-of.ts";
import { checkConfirmed } from "../commands/reset-checkpoint.ts";
import {
  SecretBody,
  SecretConfirm,
  SecretParams,
  SecretRemoved,
  SecretSet,
  SecretsAnswer,
} from "./schemas.ts";

const tags = ["secrets"];

/** Stored secrets: names and dates, never values. */
export const secretsRoutes: ApiRoutes = (server, { installation }) => {
  server.get(
    "/secrets",
    {
      config: { role: "operator" },
      schema: {
        operationId: "listSecrets",
        summary: "Names of the stored secrets, with when and by whom they were set",
        tags,
        response: { 200: SecretsAnswer },
      },
    },
    async () => ({
      location: await installation.secrets.location(),
      items: (await installation.secrets.list()).map(({ keyId: _keyId, ...known }) => known),
    }),
  );
  server.put(
    "/secrets/:name",
    {
      config: { role: "admin", audit: "secret.set" },
      schema: {
        operationId: "setSecret",
        summary: "Store a secret; no route ever shows it again",
        tags,
        params: SecretParams,
        body: SecretBody,
        response: { 200: SecretSet },
      },
    },
    async (request) => {
      const { name } = request.params;
      return {
        name,
        outcome: await installation.secrets.set(name, request.body.value, identityOf(request).name),
      };
    },
  );
  server.delete(
    "/secrets/:name",
    {
      config: { role: "admin", audit: "secret.remove" },
      schema: {
        operationId: "removeSecret",
        summary: "Remove a secret",
        tags,
        params: SecretParams,
        querystring: SecretConfirm,
        response: { 200: SecretRemoved },
      },
    },
    async ({ params: { name }, query }) => {
      checkConfirmed(name, query.confirm, "query");
      if (await installation.secrets.remove(name)) return { name, removed: true as const };
      throw new MillraceError("MLR_SECRET_MISSING", `No secret "${name}" is stored`, {
        details: { secret: name },
      });
    },
  );
};
