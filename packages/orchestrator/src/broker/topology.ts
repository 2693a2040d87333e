import type { Channel } from "rabbitmq-client";

/** Topic exchange of runs that wait: `runs.<queue>`, and `labelled.<queue>` of those that ask for labels. */
export const RUNS_EXCHANGE = "millrace.runs";
/** Topic exchange of commands: `commands.<kind>.<worker>`. */
export const COMMANDS_EXCHANGE = "millrace.commands";
/** Topic exchange of events, for whoever wants them: `events.<type>`. */
export const EVENTS_EXCHANGE = "millrace.events";
/** Where messages go that nobody can use, and the queue that keeps the last of them. */
const DEAD_LETTERS = "millrace.dead";

/** Dead letters that are kept. */
const DEAD_LETTERS_KEPT = 10_000;
/** A message comes back where a worker is busy; one that always comes back is no use to anybody. */
const DELIVERY_LIMIT = 1_000;

/** The broker's queue for runs of a queue. */
export function runsQueue(queue: string): string {
  return `millrace.runs.${queue}`;
}

/** Declares what all share. What is there already stays as it is. */
export async function declareExchanges(channel: Channel): Promise<void> {
  for (const exchange of [RUNS_EXCHANGE, COMMANDS_EXCHANGE, EVENTS_EXCHANGE])
    await channel.exchangeDeclare({ exchange, type: "topic", durable: true });
  await channel.exchangeDeclare({ exchange: DEAD_LETTERS, type: "fanout", durable: true });
  await channel.queueDeclare({
    queue: DEAD_LETTERS,
    durable: true,
    arguments: { "x-queue-type": "quorum", "x-max-length": DEAD_LETTERS_KEPT },
  });
  await channel.queueBind({ queue: DEAD_LETTERS, exchange: DEAD_LETTERS, routingKey: "" });
}

/** Declares the broker's queue for runs of a queue, and tells how many messages wait in it. */
export async function declareRunsQueue(channel: Channel, queue: string): Promise<number> {
  const name = runsQueue(queue);
  const { messageCount } = await channel.queueDeclare({
    queue: name,
    durable: true,
    arguments: {
      "x-queue-type": "quorum",
      "x-dead-letter-exchange": DEAD_LETTERS,
      "x-delivery-limit": DELIVERY_LIMIT,
    },
  });
  await channel.queueBind({ queue: name, exchange: RUNS_EXCHANGE, routingKey: `runs.${queue}` });
  return messageCount;
}
