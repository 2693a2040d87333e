import type { OpenedDataApi } from "@millrace/api/data";
import { MillraceError } from "@millrace/core";
import type { ControlStore, Logger } from "@millrace/platform";
import type { Printer } from "../output/printer.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** The data API is served, or will be once a table is exposed. */
export interface DataServing {
  /** Answers what it has been asked, and ends. Idempotent. */
  close(): Promise<void>;
}

interface OpenDataServing {
  readonly workspace: Workspace;
  readonly control: ControlStore;
  readonly logger: Logger;
  readonly printer: Printer;
  readonly onError: (error: unknown) => void;
  readonly when: "now" | "when-wanted";
}

/** Milliseconds between two looks at whether a table is exposed. */
const LOOK_MS = 2_000;

/** Serves the data API; with `when-wanted` nothing is listened on while no table is exposed. */
export async function openDataServing(options: OpenDataServing): Promise<DataServing> {
  if (options.when === "now" || (await isWanted(options.control))) return open(options);
  const waiting = new Waiting(options);
  return { close: () => waiting.close() };
}

class Waiting {
  readonly #options: OpenDataServing;
  readonly #timer: NodeJS.Timeout;
  #opening: Promise<OpenedDataApi | undefined> = Promise.resolve(undefined);
  #busy = false;

  constructor(options: OpenDataServing) {
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

  async #open(): Promise<OpenedDataApi | undefined> {
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
  const { rowCount } = await pool.query("SELECT FROM millrace_control.data_policies LIMIT 1");
  return rowCount !== 0;
}

async function open({ workspace, control, logger, printer }: OpenDataServing): Promise<OpenedDataApi> {
  // Loaded when there is something to serve.
  const { openDataApi } = await import("@millrace/api/data");
  const { values } = workspace.project.settings;
  const opened = await openDataApi({
    control,
    logger,
    url: values.dataReplicaUrl ?? (await workspace.environment.databaseUrl()),
    host: values.dataHost,
    port: values.dataPort,
    publicUrl: values.dataUrl,
    trustedProxies: listOf(values.apiProxies),
    origins: listOf(values.dataOrigins),
    connections: values.dataConnections,
    statementMs: values.dataTimeoutSeconds * 1_000,
    graphql: values.dataGraphql,
    introspection: values.dataIntrospection === "on",
    rates: { key: values.dataKeyRate, address: values.dataPublicRate },
  });
  const { bold } = printer.errorStyle;
  printer.note(
    `Exposed tables are served at ${bold(`${opened.url}/data`)}, described at ${bold(`${opened.url}/data/docs`)}`,
  );
  return opened;
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}
