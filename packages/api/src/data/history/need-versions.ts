import { MillraceError } from "@millrace/core";
import type { Grant } from "../exposure/grant.ts";

/** Fails with MLR_ARGUMENT_INVALID for a table that keeps no old versions of its rows. */
export function needVersions({ exposure, shape }: Grant): void {
  if (shape.mode === "merge" && shape.columns.has("_loaded_at")) return;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `Table "${exposure.name}" keeps no old versions of its rows`,
    {
      hint: "Tables that pipelines merge into keep them.",
      details: { table: exposure.name },
    },
  );
}
