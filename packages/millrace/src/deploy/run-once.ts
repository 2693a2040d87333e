import { MillraceError } from "@millrace/core";
import type { OnTarget } from "./on-target.ts";

interface Report {
  readonly pipeline: string;
  readonly status: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/**
 * Runs pipelines there with a release that is not current yet. One that is running already is left to it.
 * Fails with MLR_DEPLOY_FAILED where one fails.
 */
export async function runOnce(
  target: OnTarget,
  release: string,
  pipelines: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const doing = "run each pipeline once";
  const ended = await target.tryMillrace(doing, release, ["run", ...pipelines, "--json"]);
  const reports = reportsOf(ended.stdout);
  if (reports === undefined) throw target.remote.failed(doing, ended);
  const failed = reports.filter(
    ({ status, error }) => status === "failed" && error?.code !== "MLR_LEASE_HELD",
  );
  if (failed.length > 0) {
    const said = failed.map(({ pipeline, error }) => `${pipeline}: ${error?.message ?? "failed"}`).join("\n");
    throw new MillraceError(
      "MLR_DEPLOY_FAILED",
      `On ${target.remote.host} pipelines of the new release fail:\n${said}`,
      {
        hint: "The release before goes on. Mend them and deploy again, or deploy with --no-run.",
        details: { pipelines: failed.map(({ pipeline }) => pipeline) },
      },
    );
  }
  return Object.fromEntries(
    reports.map(({ pipeline, status, error }) => [
      pipeline,
      error?.code === "MLR_LEASE_HELD" ? "runs already" : status,
    ]),
  );
}

function reportsOf(text: string): readonly Report[] | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) ? (found as Report[]) : undefined;
  } catch {
    return undefined;
  }
}
