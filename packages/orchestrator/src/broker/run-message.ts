import type { AsyncMessage } from "rabbitmq-client";
import type { AnnouncedRun } from "./run-transport.ts";

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The run that a message names; undefined where it is none of ours. */
export function runOf({ body }: Pick<AsyncMessage, "body">): AnnouncedRun | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { run, attempt } = body as { run?: unknown; attempt?: unknown };
  if (typeof run !== "string" || !UUID.test(run)) return undefined;
  if (typeof attempt !== "number" || !Number.isSafeInteger(attempt) || attempt < 0 || attempt > 2 ** 31 - 1)
    return undefined;
  return { run, attempt };
}
