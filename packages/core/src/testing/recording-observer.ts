import type { RunEvent } from "../events.ts";

/** Keeps the events of a run. */
export interface RecordingObserver {
  /** To be given as `observe`. */
  readonly observe: (event: RunEvent) => void;
  readonly events: readonly RunEvent[];
  /** The events of one type, oldest first. */
  of<T extends RunEvent["type"]>(type: T): Extract<RunEvent, { type: T }>[];
  /** Resolves with the first event of this type, past or to come. */
  next<T extends RunEvent["type"]>(type: T): Promise<Extract<RunEvent, { type: T }>>;
}

/** An observer that keeps all events and lets tests wait for one. */
export function recordingObserver(): RecordingObserver {
  const events: RunEvent[] = [];
  const waiting = new Set<(event: RunEvent) => void>();
  const isOf = <T extends RunEvent["type"]>(
    event: RunEvent,
    type: T,
  ): event is Extract<RunEvent, { type: T }> => event.type === type;
  return {
    events,
    observe: (event) => {
      events.push(event);
      for (const tell of waiting) tell(event);
    },
    of: (type) => events.filter((event) => isOf(event, type)),
    next: (type) =>
      new Promise((resolve) => {
        const past = events.find((event) => isOf(event, type));
        if (past !== undefined) return resolve(past);
        const tell = (event: RunEvent): void => {
          if (!isOf(event, type)) return;
          waiting.delete(tell);
          resolve(event);
        };
        waiting.add(tell);
      }),
  };
}
