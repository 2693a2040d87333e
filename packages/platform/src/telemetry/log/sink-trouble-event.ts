import type { EventOf } from "../../events/platform-event.ts";
import { sinkDirectory } from "./router/log-router.ts";
import type { SinkTrouble } from "./router/sink-trouble.ts";

/** The event that tells of trouble with a sink, or that it is over. */
export function sinkTroubleEvent(
  { sink, message, kind }: SinkTrouble,
  fallbackDirectory: string,
): EventOf<"log.sink.failed"> {
  const over = kind === "recovered";
  return {
    type: "log.sink.failed",
    at: new Date().toISOString(),
    data: over
      ? { sink, message: "it takes lines again", over }
      : { sink, message, fallback: sinkDirectory(fallbackDirectory, sink) },
  };
}
