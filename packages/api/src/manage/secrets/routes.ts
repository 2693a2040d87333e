import { MillraceError } from "@millrace/core";
import type { ApiRoutes } from "../../server/api-routes.ts";
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
export const secretsRoutes: ApiRoutes = (server) => {
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
    pending,
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
    pending,
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
    pending,
  );
};

function pending(): never {
  throw new MillraceError("MLR_INTERNAL", "not there yet");
}
