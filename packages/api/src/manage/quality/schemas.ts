import { z } from "zod";
import { PageQuery, pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";
import { Count, Name } from "../shared/names.ts";

const status = z.enum(["passed", "failed", "skipped"]);
const severity = z.enum(["warn", "fail", "quarantine"]);

export const QualityQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100).describe("Entries on a page."),
  after: z.string().max(1_200).optional().describe("`next` of the page before; absent: the first page."),
  pipeline: Name.optional(),
  table: Name.optional(),
  status: status.optional().describe("Only rules whose latest result is this."),
  points: z.coerce.number().int().min(1).max(100).default(20).describe("Results of each rule in `series`."),
});

const QualityPoint = z
  .object({
    at: Instant,
    run: z.guid(),
    status,
    observed: z.unknown().describe("What was measured; a number where it can be drawn."),
    failures: Count,
  })
  .meta({ id: "QualityPoint" });

export const QualityRule = z
  .object({
    pipeline: z.string(),
    table: z.string(),
    rule: z.string(),
    kind: z.string().describe("The function that made the rule: `range`, `unique`, …"),
    severity,
    expected: z.string(),
    status: status.describe("Of the latest result."),
    at: Instant.describe("Of the latest result."),
    run: z.guid(),
    observed: z.unknown(),
    failures: Count,
    reason: z.string().nullable().describe("Why it failed or was skipped."),
    series: z.array(QualityPoint).describe("The latest results, newest first."),
  })
  .meta({ id: "QualityRule" });

export const QualityPage = pageOf(QualityRule);

export const QualityResultsQuery = PageQuery.extend({
  pipeline: Name,
  table: Name,
  rule: z.string().min(1).max(500),
});

export const QualityResult = QualityPoint.extend({
  severity,
  landed: z.boolean().describe("False where its commit was kept from landing."),
  expected: z.string(),
  checked: Count.nullable(),
  samples: z.array(z.unknown()).describe("Some of the values or rows that failed."),
  reason: z.string().nullable(),
});

export const QualityResultsPage = pageOf(QualityResult);
