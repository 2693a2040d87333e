import { z } from "zod";
import { Instant } from "../../server/timestamps.ts";
import { Count } from "../shared/names.ts";

export const ControlTable = z
  .object({
    table: z.string(),
    bytes: Count.describe("Rows, indexes and large values."),
    rowsBytes: Count,
    indexBytes: Count,
    rows: Count.describe("As the database estimates them."),
  })
  .meta({ id: "ControlTable" });

export const CollectedTableSize = z
  .object({
    table: z.string(),
    pipelines: z.array(z.string()),
    location: z.string(),
    bytes: Count.nullable().describe("Null: the destination does not say."),
    rows: Count.nullable().describe("As the destination estimates them; null: it does not."),
  })
  .meta({ id: "CollectedTableSize" });

export const ObjectStorage = z
  .object({
    place: z.string(),
    objects: Count,
    bytes: Count.describe("Of the objects, as if each had a content of its own."),
    contents: Count.describe("Objects of the same content share one."),
    storedBytes: Count.describe("What the contents take, compressed ones as they are."),
    quotaBytes: Count.nullable().describe("Null: any number."),
    dueObjects: Count.describe("What `millrace storage prune` would remove."),
    dueBytes: Count,
    heldObjects: Count.describe("What it would remove if it were not held."),
    lookedAt: Instant,
    kinds: z.array(z.object({ kind: z.string(), objects: Count, bytes: Count })).describe("Largest first."),
  })
  .meta({ id: "ObjectStorage" });

export const StorageDay = z.object({
  day: z.iso.date(),
  controlBytes: Count,
  collectedBytes: Count,
});

const RetentionDue = z.object({
  table: z.string(),
  oldestAt: Instant.nullable().describe("Of the oldest row."),
  dueAt: Instant.nullable().describe("When that row is removed; null: never."),
});

export const StorageAnswer = z.object({
  controlBytes: Count,
  control: z.array(ControlTable).describe("Largest first."),
  collected: z.array(CollectedTableSize).describe("Largest first."),
  objects: z.array(ObjectStorage).describe("Storages of objects, as they were when they were looked at."),
  growth: z.array(StorageDay).describe("A sample a day, oldest first, at most 90."),
  bytesPerDay: z
    .number()
    .nullable()
    .describe("Growth of the control tables over the samples; null: too few."),
  retention: z.object({
    keepDays: Count.describe("0: for ever."),
    keepRuns: Count.describe("Of each pipeline; 0: any number."),
    keepRows: Count.describe("Of each other table; 0: any number."),
    due: z.array(RetentionDue),
  }),
});
