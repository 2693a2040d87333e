import { mariadb } from "@millrace/connectors/mariadb";
import { parquetBody } from "@millrace/connectors/parquet";
import { postgres } from "@millrace/connectors/postgres";
import { MillraceError, type RunEvent, type TableTarget } from "@millrace/core";
import type { OpenedIngest } from "@millrace/ingest";
import type { ControlStore, Logger } from "@millrace/platform";
import type { Metrics } from "@millrace/platform/metrics";
import type { Printer } from "../output/printer.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** Rows that are pushed are taken, or will be once they are wanted. */
export interface Ingestion {
  /** Answers what it has, and lands it. Idempotent. */
  close(): Promise<void>;
}

interface OpenIngestion {
  readonly workspace: Workspace;
  readonly control: ControlStore;
  readonly logger: Logger;
  readonly printer: Printer;
  readonly onError: (error: unknown) => void;
  readonly observe: (pipeline: string, event: RunEvent) => void;
  readonly metrics: Metrics;
  readonly when: "now" | "when-wanted";
}

/** Milliseconds between two looks at whether rows are to be taken. */
const LOOK_MS = 2_000;

/** Takes pushed rows; with `when-wanted` nothing is listened on while the project has no pipeline for them. */
export async function openIngestion(options: OpenIngestion): Promise<Ingestion> {
  if (options.when === "now" || (await isWanted(options.control))) return open(options);
  const waiting = new Waiting(options);
  return { close: () => waiting.close() };
}

class Waiting {
  readonly #options: OpenIngestion;
  readonly #timer: NodeJS.Timeout;
  #opening: Promise<OpenedIngest | undefined> = Promise.resolve(undefined);
  #busy = false;

  constructor(options: OpenIngestion) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await (await this.#opening)?.close();
  }

  #look(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#opening = this.#open();
  }

  async #open(): Promise<OpenedIngest | undefined> {
    const { control, onError } = this.#options;
    try {
      if (await isWanted(control)) {
        clearInterval(this.#timer);
        return await open(this.#options);
      }
    } catch (error) {
      // A database that is away is told of by others; a port that is taken is not tried again and again.
      if (error instanceof MillraceError && error.code === "MLR_SETTINGS_INVALID") onError(error);
    }
    this.#busy = false;
    return undefined;
  }
}

async function isWanted({ pool }: ControlStore): Promise<boolean> {
  const { rowCount } = await pool.query(
    "SELECT FROM millrace_control.pipelines WHERE pushed IS NOT NULL AND retired_at IS NULL LIMIT 1",
  );
  return rowCount !== 0;
}

async function open({
  workspace,
  control,
  logger,
  printer,
  observe,
  metrics,
}: OpenIngestion): Promise<OpenedIngest> {
  // Loaded when there is something to take, with what it needs for gRPC.
  const { openIngest } = await import("@millrace/ingest");
  const { values } = workspace.project.settings;
  const { ingestTlsCert: certificate, ingestTlsKey: key, ingestTlsClientCa: clientAuthority } = values;
  if ((certificate === undefined) !== (key === undefined)) {
    throw new MillraceError("MLR_SETTINGS_INVALID", "TLS for pushed rows needs a certificate and its key", {
      hint: "Set both MILLRACE_INGEST_TLS_CERT and MILLRACE_INGEST_TLS_KEY.",
    });
  }
  const opened = await openIngest({
    control,
    environment: workspace.environment,
    target: targetOf,
    parquet: parquetBody,
    logger,
    host: values.ingestHost,
    port: values.ingestPort,
    grpcPort: values.ingestGrpcPort,
    ...(certificate === undefined || key === undefined ? {} : { tls: { certificate, key, clientAuthority } }),
    leaseMs: values.leaseSeconds * 1_000,
    accept: values.ingestAccept,
    limits: { rowsPerSecond: values.ingestRowsPerSecond },
    observe,
    metrics,
  });
  const { bold } = printer.errorStyle;
  const grpc = opened.grpcUrl === undefined ? "" : `, by gRPC at ${bold(opened.grpcUrl)}`;
  printer.note(`Rows are taken at ${bold(opened.url)}${grpc}`);
  return opened;
}

/** The destinations that what is registered of a pipeline can name. */
function targetOf(kind: string, options: unknown): TableTarget {
  // Each checks its options by itself.
  if (kind === "postgres") return postgres(options as Parameters<typeof postgres>[0]);
  if (kind === "mariadb") return mariadb(options as Parameters<typeof mariadb>[0]);
  throw new MillraceError("MLR_PIPELINE_INVALID", `Rows that are pushed cannot land in "${kind}"`, {
    hint: "Land them in postgres() or mariadb().",
  });
}
