import swagger from "@fastify/swagger";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { ApiServer } from "./api-routes.ts";
import { openJson } from "./open-json.ts";

/** The version of the API's paths: changes that would break programs get a new one. */
const VERSION = "1";

/** Collects the OpenAPI 3.1 document from the routes that are added from here on. */
export async function describeApi(server: ApiServer): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Millrace management API",
        version: VERSION,
        description:
          "See and steer everything: pipelines, runs, logs, collected data, workers, users. Errors are always { code, message, details, hint }. Lists are pages of { items, next }; `next` goes into `after` for the following page.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/" }],
      security: [{ token: [] }, { session: [] }],
      components: {
        securitySchemes: {
          token: {
            type: "http",
            scheme: "bearer",
            description: "An API token, made under Users and tokens.",
          },
          session: {
            type: "apiKey",
            in: "cookie",
            name: "millrace-session",
            description: "The session of somebody who signed in with a browser.",
          },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (given) => openJson(jsonSchemaTransformObject(given)),
  });
}
