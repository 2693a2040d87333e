import { z } from "zod";
import { PageQuery, pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";
import { Count, Name } from "../shared/names.ts";

const STATES = ["waiting", "review", "landing", "done", "failed", "duplicate", "rejected"] as const;

export const DocumentsQuery = PageQuery.extend({
  pipeline: Name.optional(),
  state: z.enum(STATES).optional(),
  type: z.string().min(1).max(200).optional(),
  name: z.string().min(1).max(500).optional().describe("A part of the file's name, whatever the case."),
});

export const DocumentItem = z
  .object({
    id: z.guid(),
    pipeline: z.string(),
    name: z.string().describe("Of the file, as it came."),
    type: z.string().nullable(),
    stage: z.string().describe("The stage that is due, or at which it stopped."),
    state: z
      .enum(STATES)
      .describe(
        "`review`: a person has to look at it. `landing`: its rows are on their way. `duplicate`: its content came before.",
      ),
    attempts: Count,
    bytes: Count,
    pages: Count.nullable(),
    confidence: z.number().nullable().describe("0 to 1."),
    receivedAt: Instant,
    changedAt: Instant,
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .meta({ id: "DocumentItem" });

export const DocumentsPage = pageOf(DocumentItem);

export const DocumentCounts = z.object({
  states: z.record(z.string(), Count).describe("Documents by state, of all pipelines."),
});

const Transition = z
  .object({
    number: Count,
    stage: z.string(),
    outcome: z.string().describe("Such as `done`, `retry`, `failed`, `review`, `rows`, `corrected`."),
    at: Instant,
    durationMs: z.number(),
    attempt: Count,
    message: z.string().nullable(),
  })
  .meta({ id: "DocumentTransition" });

const Decision = z
  .object({
    id: z.guid(),
    kind: z.enum(["accept", "reject", "reprocess"]),
    values: z.record(z.string(), z.json()).nullable(),
    lines: z.record(z.string(), z.array(z.record(z.string(), z.json()))).nullable(),
    stage: z.string().nullable(),
    by: z.string(),
    at: Instant,
    answeredAt: Instant.nullable().describe("Null: the pipeline has not followed it yet."),
    refused: z.string().nullable().describe("Why it was not followed."),
  })
  .meta({ id: "DocumentDecision" });

export const DocumentDetail = DocumentItem.extend({
  sha256: z.string().nullable(),
  priority: z.number(),
  file: z.string().describe("Where the file is now, relative to the folder of the documents."),
  fields: z
    .json()
    .describe(
      "`values`, `lines`, `problems`, `places` (page, box and text of each value) and `fieldConfidence`.",
    ),
  shown: z
    .array(z.object({ page: Count, width: z.number(), height: z.number() }))
    .describe("Pages that there are pictures of."),
  transitions: z
    .array(Transition)
    .describe("Everything that happened to it, the oldest first, at most 1,000."),
  decisions: z.array(Decision).describe("What people decided, the oldest first."),
}).meta({ id: "DocumentDetail" });

export const DocumentParams = z.object({ id: z.guid() });
export const DocumentPageParams = DocumentParams.extend({
  page: z.coerce.number().int().min(1).max(100_000),
});

const values = z.record(z.string().min(1).max(200), z.json());

export const AcceptBody = z
  .strictObject({
    values: values
      .optional()
      .describe("Values that are to land in place of what was read; others stay as they are."),
    lines: z
      .record(z.string().min(1).max(200), z.array(values).max(10_000))
      .optional()
      .describe("Rows of tables in place of what was read."),
  })
  .nullish();

export const ReprocessBody = z
  .strictObject({
    stage: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe("Where to begin. Default: where it failed, else the first."),
  })
  .nullish();

export const DecisionAnswer = z.object({
  id: z.guid().describe("Of the decision."),
  pipeline: z.string(),
  started: z.boolean().describe("The pipeline did not run, and was started to follow it."),
});

export const LabelsQuery = PageQuery.extend({
  pipeline: Name.optional(),
  type: z.string().min(1).max(200).optional(),
});

export const DocumentLabel = z
  .object({
    document: z.guid(),
    pipeline: z.string(),
    name: z.string(),
    type: z.string().nullable(),
    sha256: z.string().nullable(),
    file: z.string(),
    before: z.json().describe("What was read."),
    values: z.record(z.string(), z.json()).nullable().describe("What a person put in its place."),
    lines: z.record(z.string(), z.array(z.record(z.string(), z.json()))).nullable(),
    by: z.string(),
    at: Instant,
  })
  .meta({ id: "DocumentLabel" });

export const LabelsPage = pageOf(DocumentLabel);
