import {
  MillraceError,
  SCALAR_KINDS,
  type Capabilities,
  type Destination,
  type Inspector,
  type OpenOptions,
  type Owner,
  type Session,
} from "@millrace/core";
import { CLICKHOUSE_CHECKS } from "./check/answer-inquiry.ts";
import { MAX_IDENTIFIER } from "./define/layout.ts";
import type { ResolvedClickHouseOptions } from "./options.ts";
import { ClickHouseServer } from "./server/clickhouse-server.ts";
import type { ClickHouseInternals } from "./session/session-context.ts";
import { openSession } from "./session/open-session.ts";
import type { ServerSettings } from "./settings.ts";
import { openInspector } from "./inspect/inspector.ts";

/** Names that ClickHouse or Millrace keeps for itself in each table. */
const RESERVED: readonly string[] = [
  "_batch",
  "_version",
  "_removed",
  "_null_arrays",
  "_ordinal",
  "_sequence",
  "_group",
  "_inserted",
  "_part",
  "_part_index",
  "_part_offset",
  "_part_uuid",
  "_partition_id",
  "_partition_value",
  "_sample_factor",
  "_table",
  "_database",
  "_row_exists",
  "_block_number",
  "_block_offset",
];

/** What ClickHouse can do. */
export const CLICKHOUSE_CAPABILITIES: Capabilities = {
  transactions: false,
  modes: ["append", "replace", "upsert", "merge", "snapshot"],
  types: SCALAR_KINDS,
  arrays: true,
  identifiers: { maxBytes: MAX_IDENTIFIER, reserved: RESERVED },
  checks: CLICKHOUSE_CHECKS,
  dryRun: false,
};

/** A ClickHouse server as destination. It connects when it is first used. */
export class ClickHouseDestination implements Destination {
  readonly kind = "clickhouse";
  readonly location: string;
  readonly capabilities = CLICKHOUSE_CAPABILITIES;
  readonly #settings: ServerSettings;
  readonly #options: ResolvedClickHouseOptions;
  readonly #internals: ClickHouseInternals;
  readonly #servers = new Set<ClickHouseServer>();

  constructor(
    settings: ServerSettings,
    options: ResolvedClickHouseOptions,
    internals: ClickHouseInternals = {},
  ) {
    this.#settings = settings;
    this.#options = options;
    this.#internals = internals;
    this.location = settings.location;
  }

  async open(owner: Owner, options: OpenOptions = {}): Promise<Session> {
    if (options.dryRun === true) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", "a dry run is not possible on ClickHouse", {
        hint: "ClickHouse compares rows in tables of its own: run it into another database instead.",
      });
    }
    if (options.signal?.aborted === true) {
      throw new MillraceError(
        "MLR_RUN_STOPPED",
        `pipeline "${owner.pipeline}" was stopped while it opened its destination`,
      );
    }
    const server = await this.#connect(options.signal);
    try {
      return await openSession(server, {
        owner,
        full: options.full ?? false,
        signal: options.signal,
        options: this.#options,
        internals: this.#internals,
        onClose: () => this.#release(server),
      });
    } catch (error) {
      await this.#release(server);
      throw error;
    }
  }

  async inspect(): Promise<Inspector> {
    const server = await this.#connect();
    return openInspector(server, this.#options, () => this.#release(server));
  }

  async close(): Promise<void> {
    for (const server of [...this.#servers]) await this.#release(server);
  }

  async #connect(signal?: AbortSignal): Promise<ClickHouseServer> {
    const server = await ClickHouseServer.connect({ settings: this.#settings, use: "DESTINATION", signal });
    this.#servers.add(server);
    return server;
  }

  async #release(server: ClickHouseServer): Promise<void> {
    if (this.#servers.delete(server)) await server.close();
  }
}
