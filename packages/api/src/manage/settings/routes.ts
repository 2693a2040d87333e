import { MillraceError } from "@millrace/core";
import type { ApiRoutes } from "../../server/api-routes.ts";
import { SettingsAnswer } from "./schemas.ts";

const tags = ["settings"];

/** Settings with where they come from. */
export const settingsRoutes: ApiRoutes = (server) => {
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
    pending,
  );
};

function pending(): never {
  throw new MillraceError("MLR_INTERNAL", "not there yet");
}
