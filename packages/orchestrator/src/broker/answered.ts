import type { Clock } from "@millrace/core";

/** Longest wait for the broker's answer. */
const ANSWER_MS = 10_000;

/**
 * What the broker answers. Fails where it does not in time, as a quorum queue does that has lost its majority, or was made
 * in the seconds before the broker was killed: its connection is of no use then.
 */
export async function answered<T>(answer: Promise<T>, clock: Clock): Promise<T> {
  const over = new AbortController();
  const late = clock.sleep(ANSWER_MS, over.signal).then((): never => {
    throw new BrokerSilent();
  });
  // Whichever comes second is nobody's concern any more.
  for (const each of [answer, late]) each.catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } finally {
    over.abort();
  }
}

/** The broker is connected, but does not answer. */
export class BrokerSilent extends Error {
  constructor() {
    super(
      `it has not answered for ${ANSWER_MS / 1_000} s; where that goes on, delete the queues millrace.runs.* in it: they are made anew`,
    );
    this.name = "BrokerSilent";
  }
}
