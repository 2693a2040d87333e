import { z } from "zod";
import { EXPOSED_NAME } from "../../data/exposure/exposure.ts";
import { ROLE_NAME } from "../../data/exposure/data-policy.ts";
import { Relation } from "../../data/exposure/relation.ts";
import { Instant } from "../../server/timestamps.ts";
import { Count } from "../shared/names.ts";

const Name = z.string().regex(EXPOSED_NAME, "must have letters, digits, _ and -, and begin with a letter");
const Role = z.string().regex(ROLE_NAME, "must have letters, digits, _ and -, and begin with a letter");
const Columns = z.array(z.string().min(1)).min(1).max(1_600).nullable();

const Policy = z
  .object({
    role: z.string(),
    columns: z.array(z.string()).nullable().describe("Null: all that the table shows."),
    rows: z.unknown().describe("A filter of the data API; null: all rows."),
  })
  .meta({ id: "DataPolicy" });

const ExposedTable = z
  .object({
    name: z.string(),
    schema: z.string(),
    table: z.string(),
    columns: z.array(z.string()).nullable().describe("Null: all but those that Millrace adds."),
    relations: z.array(Relation),
    description: z.string().nullable(),
    policies: z.array(Policy).describe("Who sees it; the role public needs no key."),
    requests: Count.describe("In the last seven days."),
  })
  .meta({ id: "ExposedTable" });

export const ExposedTables = z.object({ items: z.array(ExposedTable) });
export const TableParams = z.object({ name: Name });
export const ExposeBody = z.strictObject({
  schema: z.string().min(1).max(63).default("public"),
  table: z.string().min(1).max(63),
  columns: Columns.default(null),
  relations: z.array(Relation).max(100).default([]),
  description: z.string().max(2_000).nullable().default(null),
});
export const Exposed = z.object({ name: z.string() });
export const Hidden = z.object({ name: z.string(), removed: z.literal(true) });

export const PolicyParams = z.object({ name: Name, role: Role });
export const PolicyBody = z.strictObject({
  columns: Columns.default(null),
  rows: z.unknown().optional().describe('A filter, such as {"column":"country","op":"eq","value":"at"}.'),
});
export const PolicySet = z.object({ name: z.string(), role: z.string() });
export const PolicyGone = z.object({ name: z.string(), role: z.string(), removed: z.boolean() });

const DataKey = z
  .object({
    id: z.string(),
    name: z.string(),
    hint: z.string().describe("How it begins."),
    role: z.string(),
    rate: Count.nullable().describe("Requests in a minute; null: as the setting says."),
    createdAt: Instant,
    createdBy: z.string(),
    expiresAt: Instant.nullable(),
    lastUsedAt: Instant.nullable(),
    lastUsedAddress: z.string().nullable(),
    revokedAt: Instant.nullable(),
    requests: Count.describe("In the last seven days."),
  })
  .meta({ id: "DataKey" });

export const DataKeysAnswer = z.object({ items: z.array(DataKey) });
export const KeyBody = z.strictObject({
  name: z.string().min(1).max(200),
  role: Role.default("reader"),
  rate: z.number().int().min(1).max(1e9).nullable().default(null),
  expiresInDays: z.number().int().min(1).max(3_650).nullable().default(365).describe("Null: never."),
});
export const NewDataKey = z.object({ id: z.string(), secret: z.string().describe("Told this one time.") });
export const KeyParams = z.object({ id: z.string().min(1).max(100) });
export const KeyRevoked = z.object({ id: z.string(), revoked: z.literal(true) });

export const UsageQuery = z.object({ days: z.coerce.number().int().min(1).max(90).default(7) });
export const UsageAnswer = z.object({
  items: z.array(
    z
      .object({
        table: z.string().describe('"" where it concerned none.'),
        role: z.string(),
        requests: Count,
        refused: Count,
        failed: Count,
        cached: Count,
        bytes: Count,
      })
      .meta({ id: "DataUsage" }),
  ),
});

const Kind = z.enum(["graphql", "filter", "sql"]);
export const Saved = z
  .object({
    id: z.string(),
    kind: Kind,
    name: z.string(),
    table: z.string().nullable(),
    body: z.string(),
    sha256: z.string().describe("By which programs name a query of GraphQL."),
    createdAt: Instant,
    createdBy: z.string(),
  })
  .meta({ id: "Saved" });
export const SavedAnswer = z.object({ items: z.array(Saved) });
export const SavedBody = z.strictObject({
  kind: Kind,
  name: z.string().min(1).max(200),
  table: z.string().min(1).max(200).nullable().default(null),
  body: z.string().min(1).max(100_000),
});
export const SavedGone = z.object({ id: z.string(), removed: z.literal(true) });

export const IngestClients = z.object({
  items: z.array(
    z
      .object({
        id: z.string(),
        name: z.string(),
        hint: z.string(),
        user: z.string(),
        streams: z.array(z.string()).describe("* stands for all."),
        createdAt: Instant,
        expiresAt: Instant.nullable(),
        lastUsedAt: Instant.nullable(),
        lastUsedAddress: z.string().nullable(),
        revokedAt: Instant.nullable(),
      })
      .meta({ id: "IngestClient" }),
  ),
  streams: z.array(
    z
      .object({
        stream: z.string(),
        pipeline: z.string(),
        open: z.boolean().describe("Rows are taken: it is neither paused nor disabled."),
        lastRunAt: Instant.nullable(),
        queued: Count.describe("Batches that wait while the destination is away."),
        refused: Count.describe("Batches that were accepted and do not land."),
      })
      .meta({ id: "IngestStream" }),
  ),
});
