import { type Clock, systemClock } from "@millrace/core";
import type pg from "pg";
import { BrokerConnection } from "./broker-connection.ts";
import { BrokerMembership } from "./broker-membership.ts";
import { Relay } from "./relay.ts";
import type { RunTransport } from "./run-transport.ts";

export interface RabbitmqTransportOptions {
  /** `amqp://user:password@host:port/vhost`, or `amqps://…`; a virtual host of its own for each control database. */
  readonly url: string;
  /** Pool of the control database. */
  readonly pool: pg.Pool;
  /** What goes wrong; everything goes on without the broker, and with it as soon as it is there. */
  readonly onError: (error: unknown) => void;
  /** The broker is there again after it was away. */
  readonly onReturn?: () => void;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/**
 * Runs and commands reach workers through RabbitMQ: what transactions have written down is published by the process that
 * schedules, and each message goes to a worker that has a free slot. Publishing and consuming have connections of their own,
 * as a broker that takes no messages reads nothing at all from who publishes.
 */
export function rabbitmqTransport(options: RabbitmqTransportOptions): RunTransport {
  const { url, pool, clock = systemClock } = options;
  let told: string | undefined;
  // Several connections find out the same.
  const onError = (error: unknown): void => {
    const message = String(error);
    if (message !== told) options.onError(error);
    told = message;
  };
  const onReturn = (): void => {
    if (told !== undefined) options.onReturn?.();
    told = undefined;
  };
  const connect = (name: string): BrokerConnection => new BrokerConnection({ url, name, onError, onReturn });
  return {
    name: "rabbitmq",
    join: (member) =>
      new BrokerMembership({ broker: connect(`millrace worker ${member.worker}`), member, clock, onError }),
    announce: () => new Relay({ broker: connect("millrace relay"), pool, clock, onError }),
  };
}
