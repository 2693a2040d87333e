import { z } from "zod";
import { PageQuery, pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";
import { Name } from "../shared/names.ts";

const COMMAND_KINDS = [
  "start",
  "stop",
  "pause",
  "resume",
  "restart",
  "enable",
  "disable",
  "cancel",
  "reset",
  "discard",
  "control",
] as const;

/** What a run is asked for. */
export const RunWishesBody = z.strictObject({
  full: z
    .boolean()
    .optional()
    .describe("Read everything again, whatever the checkpoints say. Default false."),
  since: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("Read what is newer than this, such as `2026-01-01`."),
  limit: z.number().int().min(1).max(1e12).optional().describe("Read at most this many rows."),
  params: z
    .record(z.string().min(1).max(200), z.json())
    .optional()
    .describe(
      "Values of the pipeline's parameters, as its `paramsSchema` says. They may be secrets: no answer repeats them.",
    ),
});

export const CommandReceiptAnswer = z.object({
  id: z.guid().describe("Of the command."),
  pipeline: z.string(),
  runs: z.array(z.guid()).describe("Runs that it is about: those that it queued, or that have to end."),
  done: z.boolean().describe("False while a worker has to carry it out."),
});

/** Nothing has to be said, an empty object may. */
export const EmptyBody = z.strictObject({}).nullish();

export const ConfirmBody = z.strictObject({
  confirm: Name.describe("The pipeline's name once more, against slips."),
});

export const ResetAnswer = z.object({ pipeline: z.string(), reset: z.literal(true) });

export const RetryAnswer = z.object({
  pipeline: z.string(),
  run: z.guid().describe("The run that was queued: a new one, or the same where it is a job of a task."),
});

export const CommandsQuery = PageQuery.extend({
  pipeline: Name.optional(),
  kind: z.enum(COMMAND_KINDS).optional(),
  status: z.enum(["pending", "accepted", "done", "failed"]).optional(),
});

export const Command = z
  .object({
    id: z.guid(),
    kind: z.enum(COMMAND_KINDS),
    pipeline: z.string(),
    run: z.guid().nullable().describe("The run that it ends; null where it is about the pipeline."),
    requestedBy: z.string(),
    requestedAt: Instant,
    status: z.enum(["pending", "accepted", "done", "failed"]),
    worker: z.guid().nullable().describe("Who carries it out."),
    acceptedAt: Instant.nullable(),
    doneAt: Instant.nullable(),
    outcome: z.string().nullable().describe("What came of it, such as `stopped` or why it failed."),
  })
  .meta({ id: "Command" });

export const CommandsPage = pageOf(Command);
export type Command = z.output<typeof Command>;
