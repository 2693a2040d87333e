import type { ApiRoutes } from "../../server/api-routes.ts";
import { SettingsAnswer } from "./schemas.ts";

const tags = ["settings"];

/** Settings with where they come from. */
export const settingsRoutes: ApiRoutes = (server, { installation }) => {
  server.get(
    "/settings",
    {
      config: { role: "operator" },
      schema: {
        operationId: "listSettings",
        summary: "Every setting with its value, masked, and its origin",
        tags,
        response: { 200: SettingsAnswer },
      },
    },
    async () => ({
      items: installation.settings().map(({ name, variable, value, origin, alias = null }) => ({
        name,
        variable,
        value,
        origin,
        alias,
      })),
      warnings: [...installation.warnings],
    }),
  );
};
