import { systemClock, type Clock } from "@millrace/core";
import type { NodeId } from "node-opcua";
import type {
  Reading,
  ReaderContext,
  ReaderStatus,
  SamplingReader,
  Variable,
} from "../shared/sampling/index.ts";
import { openConnection, type ConnectionContext, type OpcuaConnection } from "./connection.ts";
import { checkNodeAddress } from "./node-address.ts";
import type { ResolvedOpcuaOptions } from "./options.ts";
import { ValueSubscription } from "./subscription.ts";
import { toReading } from "./to-reading.ts";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** Server.ServerCapabilities.OperationLimits.MaxNodesPerRead. */
const MAX_NODES_PER_READ = "i=11705";
const USUAL_NODES_PER_READ = 1_000;

interface Nodes {
  readonly nodeId: NodeId;
  readonly attributeId: number;
}

/** Reads values of nodes, in as few requests as the server allows, or has the server tell of changes. */
export class OpcuaReader implements SamplingReader {
  readonly name: string;
  readonly minIntervalMs?: number;
  readonly #o: ResolvedOpcuaOptions;
  readonly #nodes = new WeakMap<readonly Variable[], readonly Nodes[]>();
  readonly #counts = { requests: 0, values: 0, connects: 0, lost: 0 };
  #context: ConnectionContext = { directory: process.cwd(), secrets: {} };
  #clock: Clock = systemClock;
  #connection: OpcuaConnection | undefined;
  #connecting: Promise<void> | undefined;
  #subscription: ValueSubscription | undefined;
  #perRead = USUAL_NODES_PER_READ;
  #failures = 0;
  #notBefore = 0;
  #lastError: string | undefined;
  #closed = false;

  constructor(options: ResolvedOpcuaOptions) {
    this.#o = options;
    this.name = options.name;
    if (options.minIntervalMs !== undefined) this.minIntervalMs = options.minIntervalMs;
  }

  check({ address }: Variable): void {
    checkNodeAddress(address);
  }

  open(context: ReaderContext): void {
    this.#clock = context.clock;
    this.#context = { directory: context.directory, secrets: context };
  }

  async read(variables: readonly Variable[]): Promise<readonly Reading[]> {
    const connection = await this.#connected();
    if (connection === undefined) return bad(variables, "not-connected");
    if (connection.client.isReconnecting) return bad(variables, "reconnecting");
    try {
      return this.#o.mode === "subscribe"
        ? await this.#told(connection, variables)
        : await this.#asked(connection, variables);
    } catch (error) {
      this.#lastError = messageOf(error);
      // A session that the server has forgotten is of no more use.
      if (/BadSession|BadSecureChannel|BadConnection|closed/i.test(this.#lastError)) await this.#drop();
      return bad(variables, /timeout/i.test(this.#lastError) ? "timeout" : "read-failed");
    }
  }

  status(): readonly ReaderStatus[] {
    const client = this.#connection?.client;
    const busy = this.#connecting !== undefined || client?.isReconnecting === true;
    return [
      {
        location: this.#o.url,
        state: busy ? "connecting" : client === undefined ? "disconnected" : "connected",
        counts: { ...this.#counts, changes: this.#subscription?.changes ?? 0 },
        ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      },
    ];
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#connecting?.catch(() => undefined);
    await this.#drop();
  }

  async #asked(connection: OpcuaConnection, variables: readonly Variable[]): Promise<readonly Reading[]> {
    const nodes = this.#nodesOf(connection, variables);
    const readings: Reading[] = [];
    for (let at = 0; at < nodes.length; at += this.#perRead) {
      const values = await connection.session.read(nodes.slice(at, at + this.#perRead));
      this.#counts.requests += 1;
      this.#counts.values += values.length;
      for (const value of values) readings.push(toReading(value));
    }
    return readings;
  }

  #told(connection: OpcuaConnection, variables: readonly Variable[]): Promise<readonly Reading[]> {
    this.#subscription ??= new ValueSubscription(connection, this.#o.samplingMs);
    return this.#subscription.readings(variables.map(({ address }) => address));
  }

  #nodesOf({ driver }: OpcuaConnection, variables: readonly Variable[]): readonly Nodes[] {
    const known = this.#nodes.get(variables);
    if (known !== undefined) return known;
    const attributeId = driver.AttributeIds.Value;
    const nodes = variables.map(({ address }) => ({ nodeId: driver.resolveNodeId(address), attributeId }));
    this.#nodes.set(variables, nodes);
    return nodes;
  }

  async #connected(): Promise<OpcuaConnection | undefined> {
    if (this.#connection !== undefined) return this.#connection;
    if (this.#closed || (this.#connecting === undefined && this.#clock.monotonic() < this.#notBefore))
      return undefined;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    await this.#connecting;
    return this.#connection;
  }

  async #connect(): Promise<void> {
    try {
      const connection = await openConnection(this.#o, this.#context);
      connection.client.on("connection_lost", () => (this.#counts.lost += 1));
      connection.client.on("close", () => void this.#forget(connection));
      this.#perRead = await this.#limit(connection);
      this.#connection = connection;
      this.#counts.connects += 1;
      this.#failures = 0;
    } catch (error) {
      this.#lastError = messageOf(error);
      const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#failures, LONGEST_DELAY_MS);
      this.#failures += 1;
      this.#notBefore = this.#clock.monotonic() + delay;
    }
  }

  async #limit({ session, driver }: OpcuaConnection): Promise<number> {
    const wanted = this.#o.maxNodesPerRead ?? USUAL_NODES_PER_READ;
    const { value } = await session.read({
      nodeId: MAX_NODES_PER_READ,
      attributeId: driver.AttributeIds.Value,
    });
    const allowed: unknown = value?.value;
    return typeof allowed === "number" && allowed > 0 ? Math.min(allowed, wanted) : wanted;
  }

  /** The client has given up by itself. */
  async #forget(connection: OpcuaConnection): Promise<void> {
    if (this.#connection === connection) await this.#drop();
  }

  async #drop(): Promise<void> {
    const connection = this.#connection;
    const subscription = this.#subscription;
    this.#connection = undefined;
    this.#subscription = undefined;
    if (connection !== undefined && !connection.client.isReconnecting) await subscription?.close();
    await connection?.close();
  }
}

function bad(variables: readonly Variable[], code: string): Reading[] {
  return variables.map(() => ({ value: null, quality: "bad", code }));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
