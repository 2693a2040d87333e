import type { ClientSubscription, DataValue } from "node-opcua";
import type { Reading } from "../shared/sampling/index.ts";
import type { OpcuaConnection } from "./connection.ts";
import { toReading } from "./to-reading.ts";

/** Items of one request; servers have limits. */
const ITEMS = 500;
/** Changes that the server keeps for an item between two messages. */
const QUEUE = 10;

/** The last values that a server told of. */
export class ValueSubscription {
  readonly #connection: OpcuaConnection;
  readonly #subscription: ClientSubscription;
  readonly #samplingMs: number;
  readonly #last = new Map<string, Reading>();
  readonly #asked = new Set<string>();
  changes = 0;

  constructor(connection: OpcuaConnection, samplingMs: number) {
    this.#connection = connection;
    this.#samplingMs = samplingMs;
    this.#subscription = connection.driver.ClientSubscription.create(connection.session, {
      requestedPublishingInterval: samplingMs,
      requestedLifetimeCount: 6_000,
      requestedMaxKeepAliveCount: 20,
      maxNotificationsPerPublish: 0,
      publishingEnabled: true,
      priority: 1,
    });
  }

  /** The reading of each, after asking the server to tell about those that are new. */
  async readings(addresses: readonly string[]): Promise<Reading[]> {
    const fresh = [...new Set(addresses.filter((address) => !this.#asked.has(address)))];
    for (let at = 0; at < fresh.length; at += ITEMS) await this.#monitor(fresh.slice(at, at + ITEMS));
    return addresses.map(
      (address) => this.#last.get(address) ?? { value: null, quality: "bad", code: "not-told-yet" },
    );
  }

  async close(): Promise<void> {
    await this.#subscription.terminate().catch(() => undefined);
  }

  async #monitor(addresses: readonly string[]): Promise<void> {
    const { AttributeIds, TimestampsToReturn } = this.#connection.driver;
    const items = addresses.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value }));
    const group = await this.#subscription.monitorItems(
      items,
      { samplingInterval: this.#samplingMs, queueSize: QUEUE, discardOldest: true },
      TimestampsToReturn.Both,
    );
    group.on("changed", (_item: unknown, value: DataValue, index: number) => {
      const address = addresses[index];
      if (address === undefined) return;
      this.changes += 1;
      this.#last.set(address, toReading(value));
    });
    for (const [index, item] of group.monitoredItems.entries()) {
      const address = addresses[index];
      if (address === undefined) continue;
      this.#asked.add(address);
      const status = item.statusCode;
      if (status !== undefined && status.isNotGood())
        this.#last.set(address, { value: null, quality: "bad", code: status.name });
    }
  }
}
