import type { SampleValue } from "../../shared/sampling/index.ts";
import { decodeSparkplug } from "./decode.ts";

/** A metric of a node or device, under its name. */
export interface NamedMetric {
  readonly group: string;
  /** `NBIRTH`, `NDATA`, `DBIRTH`, `DDATA`, … */
  readonly message: string;
  readonly node: string;
  readonly device: string | null;
  readonly metric: string;
  readonly value: SampleValue;
  /** ms since 1970; undefined: neither the metric nor the message says. */
  readonly time: number | undefined;
  readonly quality: "good" | "uncertain" | "bad";
  readonly code: string | undefined;
}

interface NodeState {
  /** Alias → name, of the node and all of its devices. */
  readonly aliases: Map<number, string>;
  seq: number | undefined;
}

/** Follows nodes from their births: aliases get their names, missing messages are counted, the dead are bad. */
export class SparkplugNodes {
  readonly #nodes = new Map<string, NodeState>();
  readonly #last = new Map<string, Map<string, NamedMetric>>();
  /** Messages that are missing by their numbers. */
  missing = 0;

  /** The metrics of a message; none where it is not of Sparkplug B. Fails with RangeError where its payload is damaged. */
  take(topic: string, payload: Uint8Array): readonly NamedMetric[] {
    const [space, group = "", message = "", node = "", device = null] = topic.split("/");
    if (space !== "spBv1.0" || !/^[ND](BIRTH|DATA|DEATH)$/.test(message)) return [];
    if (message.endsWith("DEATH")) return this.#died({ group, message, node, device });
    const decoded = decodeSparkplug(payload);
    const state = this.#stateOf(`${group}/${node}`, message, decoded.seq);
    const metrics = decoded.metrics.map(({ name, alias, timestamp, value, unsupported }): NamedMetric => {
      if (name !== undefined && alias !== undefined) state.aliases.set(alias, name);
      const known = name ?? (alias === undefined ? undefined : state.aliases.get(alias));
      const code =
        known === undefined
          ? "unknown-alias"
          : unsupported
            ? "unsupported-type"
            : value === null
              ? "null"
              : undefined;
      return {
        group,
        message,
        node,
        device,
        metric: known ?? `alias ${alias ?? "?"}`,
        value,
        time: timestamp ?? decoded.timestamp,
        quality: code === undefined ? "good" : code === "null" ? "uncertain" : "bad",
        code,
      };
    });
    this.#remember(metrics);
    return metrics;
  }

  #stateOf(key: string, message: string, seq: number | undefined): NodeState {
    const known = this.#nodes.get(key);
    const born = message === "NBIRTH" || known === undefined;
    const state = born ? { aliases: new Map<number, string>(), seq } : known;
    if (!born && seq !== undefined && state.seq !== undefined) this.missing += (seq - state.seq - 1) & 0xff;
    state.seq = seq ?? state.seq;
    this.#nodes.set(key, state);
    return state;
  }

  /** What the node or device had is known no more. */
  #died(of: Pick<NamedMetric, "group" | "message" | "node" | "device">): readonly NamedMetric[] {
    const gone: NamedMetric[] = [];
    for (const metrics of this.#last.values())
      for (const metric of metrics.values()) {
        const same = metric.group === of.group && metric.node === of.node;
        if (!same || (of.message === "DDEATH" && metric.device !== of.device)) continue;
        gone.push({
          ...metric,
          message: of.message,
          value: null,
          time: undefined,
          quality: "bad",
          code: "death",
        });
      }
    this.#remember(gone);
    return gone;
  }

  #remember(metrics: readonly NamedMetric[]): void {
    for (const metric of metrics) {
      const key = `${metric.group}/${metric.node}/${metric.device ?? ""}`;
      const own = this.#last.get(key) ?? new Map<string, NamedMetric>();
      own.set(metric.metric, metric);
      this.#last.set(key, own);
    }
  }
}
