import type { CollectorHealth } from "@millrace/connectors/collector";
import type { Style } from "../output/style.ts";
import { renderTable } from "../output/table.ts";
import { clean } from "../output/text.ts";
import { timeText } from "../output/time-text.ts";
import type { KnownCollector } from "./known-collectors.ts";

/** Collectors as a table, a line each. */
export function collectorTable(collectors: readonly KnownCollector[], style: Style): string {
  if (collectors.length === 0) {
    return "No collector has run yet. A pipeline whose source is a collector appears here as soon as it has.";
  }
  return renderTable(
    [
      { title: "collector" },
      { title: "state" },
      { title: "messages/s", side: "right" },
      { title: "rows/s", side: "right" },
      { title: "lag p99", side: "right" },
      { title: "connections", side: "right" },
      { title: "reconnects", side: "right" },
      { title: "errors", side: "right" },
      { title: "since" },
    ],
    collectors.map(({ pipeline, state, running, status }) => [
      clean(pipeline),
      stateText(state, style),
      running ? String(status.messagesPerSecond) : "–",
      running ? String(status.rowsPerSecond) : "–",
      status.lag.committedMs === null ? "–" : `${Math.round(status.lag.committedMs.p99)} ms`,
      String(status.connections.length),
      String(status.reconnects),
      String(status.errors),
      timeText(status.since),
    ]),
    { heading: style.dim },
  );
}

/** One collector with its connections, its channels that are not well, and what happened lately. */
export function collectorText({ pipeline, state, status }: KnownCollector, style: Style): string {
  const troubled = status.channels.filter((channel) => channel.state !== "live");
  return [
    `${clean(pipeline)}  ${stateText(state, style)}  ${clean(status.reason)}`,
    `messages ${status.messages} (${status.messagesPerSecond}/s), rows ${status.rows} (${status.rowsPerSecond}/s), committed ${status.committedRows}`,
    `errors ${status.errors}, invalid ${status.invalid}, reconnects ${status.reconnects}, restarts ${status.restarts}, gaps filled ${status.gaps.filled}, marked ${status.gaps.marked}`,
    ...status.problems.map(({ message }) => style.yellow(`problem: ${clean(message)}`)),
    "",
    renderTable(
      [
        { title: "connection" },
        { title: "state" },
        { title: "channels", side: "right" },
        { title: "last end" },
      ],
      status.connections.map((connection) => [
        connection.id,
        connection.state,
        String(connection.subscriptions),
        clean(connection.lastClose?.reason ?? "–"),
      ]),
      { heading: style.dim },
    ),
    ...(troubled.length === 0
      ? []
      : [
          "",
          `${troubled.length} of ${status.channelCount} channels are not live:`,
          ...troubled
            .slice(0, 20)
            .map((channel) => `  ${clean(`${channel.channel} ${channel.symbol ?? ""}`)}  ${channel.state}`),
        ]),
    ...(status.lastErrors.length === 0 ? [] : ["", "Last errors:"]),
    ...status.lastErrors
      .slice(0, 5)
      .map(({ at, code, message }) => `  ${timeText(at)}  ${code}  ${clean(message)}`),
  ].join("\n");
}

/** The health of collectors, a line each. */
export function healthText(
  collectors: readonly (CollectorHealth & { pipeline: string })[],
  style: Style,
): string {
  if (collectors.length === 0) return "No collector has run yet.";
  return collectors
    .map(({ pipeline, health, problems, reason }) => {
      const why = problems.length === 0 ? reason : problems.map(({ message }) => message).join("; ");
      return `${clean(pipeline)}  ${stateText(health, style)}${health === "healthy" ? "" : `  ${clean(why)}`}`;
    })
    .join("\n");
}

function stateText(state: string, style: Style): string {
  if (state === "running" || state === "healthy") return style.green(state);
  return state === "failed" ? style.red(state) : state === "stopped" ? state : style.yellow(state);
}
