import { z } from "zod";

/** The format that is written. A change that an older version cannot read raises it. */
export const BACKUP_FORMAT = 1;
/** First entry of the archive: says that it is a backup, before anything else is read. */
export const HEAD_ENTRY = "millrace-backup.json";
/** Tells all entries before it. */
export const MANIFEST_ENTRY = "manifest.json";
/** Last entry of the archive, with the manifest's SHA-256: a file without it is not whole. */
export const SEAL_ENTRY = "manifest.sha256";

const part = z.object({ name: z.string(), bytes: z.number().int().min(0), sha256: z.string().length(64) });
/** An entry of the archive, as it stands there. */
export type ArchivePart = Readonly<z.infer<typeof part>>;

const table = z.object({
  /** Folder of its entries in the archive. */
  folder: z.string(),
  schema: z.string(),
  name: z.string(),
  columns: z.array(z.string()),
  rows: z.number().int().min(0),
  /** Of all rows, in whatever order; see RowDigest. */
  digest: z.string(),
});
/** The rows of one table. */
export type SavedTable = Readonly<z.infer<typeof table>>;

const sequence = z.object({
  schema: z.string(),
  name: z.string(),
  /** Column that it numbers by itself; then the database named it. */
  of: z.object({ schema: z.string(), table: z.string(), column: z.string() }).nullable(),
  last: z.string(),
  called: z.boolean(),
});
/** Where a sequence was. */
export type SavedSequence = Readonly<z.infer<typeof sequence>>;

const partition = z.object({ parent: z.string(), name: z.string(), bound: z.string() });
/** A partition of a control table that no migration makes. */
export type SavedPartition = Readonly<z.infer<typeof partition>>;

const database = z.object({
  /** When the transaction that read it began, by the database's clock: everything committed before is in it, nothing after. */
  consistentAt: z.string(),
  /** The transaction's snapshot, as PostgreSQL writes it. */
  snapshot: z.string(),
  server: z.string(),
  /** In an order in which foreign keys hold. */
  tables: z.array(table),
  sequences: z.array(sequence),
});

const migration = z.object({ version: z.number(), name: z.string(), checksum: z.string() });
/** A migration that the control database had. */
export type SavedMigration = Readonly<z.infer<typeof migration>>;

const controlDatabase = database.extend({
  migrations: z.array(migration),
  partitions: z.array(partition),
});
/** The control database in a backup. */
export type SavedControl = Readonly<z.infer<typeof controlDatabase>>;

const destination = database.extend({
  /** Statements that make tables before rows come, and what follows when they are there. */
  before: z.array(z.string()),
  after: z.array(z.string()),
  /** What is there and not in the backup, such as extensions. */
  left: z.array(z.string()),
});
/** The default destination in a backup. */
export type SavedDestination = Readonly<z.infer<typeof destination>>;

const file = z.object({ path: z.string(), entry: z.string(), mode: z.number() });
/** A file of the project. */
export type SavedFile = Readonly<z.infer<typeof file>>;

/** What is in a backup. */
export const manifestShape = z.object({
  format: z.literal(BACKUP_FORMAT),
  version: z.string(),
  createdAt: z.string(),
  parts: z.array(part),
  control: controlDatabase,
  destination: destination.nullable(),
  files: z.array(file),
  /** Names of variables that the project had in `.env` or the environment: their values are not in the backup. */
  variables: z.array(z.string()),
  /** Files that lie in the data folder, of which the list alone is in the backup. */
  storage: z.object({ files: z.number(), bytes: z.number() }),
});
export type Manifest = Readonly<z.infer<typeof manifestShape>>;
