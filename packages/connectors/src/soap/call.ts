import type { Clock, Resolved } from "@millrace/core";
import type { z } from "zod";
import type { callOptions, operationsOptions } from "./options.ts";
import { describeOperations, type SoapOperation } from "./read/describe-operations.ts";
import { ServiceClient } from "./service-client.ts";

type Listing = Resolved<z.output<typeof operationsOptions>>;
type Calling = Resolved<z.output<typeof callOptions>>;

/** The operations of a service. */
export async function listOperations(options: Listing, clock: Clock): Promise<SoapOperation[]> {
  await using client = clientFor(options, new AbortController().signal, clock);
  try {
    return describeOperations(await client.description());
  } catch (error) {
    throw client.masked(error);
  }
}

/** Calls an operation once. */
export async function callOnce(options: Calling, clock: Clock): Promise<unknown> {
  const { operation: name, input, service, port, signal = new AbortController().signal } = options;
  await using client = clientFor(options, signal, clock);
  try {
    const description = await client.description();
    const operation = description.operation(name, { service, port });
    const call = client.call({ operation, input, decimals: "text" });
    for (;;) {
      const next = await call.next();
      if (next.done === true) return next.value;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw client.masked(error);
  }
}

function clientFor(options: Listing, signal: AbortSignal, clock: Clock): ServiceClient {
  const { directory = process.cwd() } = options;
  return new ServiceClient({ options, directory, signal, clock, log: () => undefined });
}
