import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { getQuery, type Answer } from "../api/get-query.ts";
import { Card } from "../components/card.tsx";
import { KeyValue } from "../components/key-value.tsx";
import { Bytes, Count, Duration } from "../components/quantity.tsx";
import { QueryView } from "../components/query-view.tsx";
import { Status } from "../components/status.tsx";
import { TextLink } from "../components/text-link.tsx";
import { BookView, booksOf } from "../features/collectors/book-view.tsx";
import { ChannelsTable } from "../features/collectors/channels-table.tsx";
import { CollectorActions } from "../features/collectors/collector-actions.tsx";
import { type CollectorStatus, stateOf, statusOf } from "../features/collectors/collector-status.ts";
import { ConnectionsTable } from "../features/collectors/connections-table.tsx";
import { Moments } from "../features/collectors/moments.tsx";
import { formatCount } from "../format/format-count.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { useTopics } from "../live/live-provider.tsx";

type Detail = Answer<"/api/v1/collectors/{pipeline}">;

/** One live collector: its state, rates, connections, channels and troubles. */
export function CollectorPage(): ReactNode {
  const { pipeline } = useParams({ from: "/shell/collectors/$pipeline" });
  const query = useQuery(getQuery("/api/v1/collectors/{pipeline}", { path: { pipeline } }));
  useTopics(["sources:collector"]);
  const { data } = query;
  return (
    <>
      <PageHeader
        title={pipeline}
        above={<TextLink to="/collectors">Collectors</TextLink>}
        status={data === undefined ? undefined : <Status status={stateOf(data)} />}
        description={data === undefined ? undefined : statusOf(data).reason}
        actions={
          data === undefined ? undefined : <CollectorActions pipeline={pipeline} running={data.running} />
        }
      />
      <QueryView query={query} what="The collector">
        {(detail) => <Parts detail={detail} />}
      </QueryView>
    </>
  );
}

function Parts({ detail }: { readonly detail: Detail }): ReactNode {
  const status = statusOf(detail);
  const books = booksOf(status.view);
  return (
    <div className="space-y-5">
      {status.problems.length > 0 && (
        <Card title="What is wrong">
          <ul aria-label="Problems" className="list-disc space-y-1 pl-5">
            {status.problems.map(({ code, message }) => (
              <li key={code}>{message}</li>
            ))}
          </ul>
        </Card>
      )}
      <Card title="Now">
        <KeyValue columns items={facts(status, detail)} />
      </Card>
      {books.length > 0 && (
        <div className="grid grid-cols-[repeat(auto-fill,minmax(18rem,1fr))] gap-5">
          {books.map((book) => (
            <BookView key={book.symbol} book={book} />
          ))}
        </div>
      )}
      <Card title="Connections" flush>
        <ConnectionsTable rows={status.connections} />
      </Card>
      <Card
        title="Channels"
        flush
        note={
          (status.channels?.length ?? 0) < status.channelCount
            ? `${formatCount(status.channels?.length ?? 0)} of ${formatCount(status.channelCount)}, those with trouble first.`
            : undefined
        }
      >
        <ChannelsTable rows={status.channels ?? []} />
      </Card>
      <Card title="States" flush>
        <Moments
          label="Changes of state"
          empty="It has not changed its state yet"
          items={(status.transitions ?? []).map(({ at, from, to, reason }) => ({
            at,
            what: `${from} → ${to}`,
            text: reason,
          }))}
        />
      </Card>
      <Card title="Errors" flush>
        <Moments
          label="Errors"
          empty="No errors"
          items={(status.lastErrors ?? []).map(({ at, code, message }) => ({
            at,
            what: code,
            text: message,
          }))}
        />
      </Card>
      <Card title="Gaps" flush>
        <Moments
          label="Gaps"
          empty="No gaps"
          items={(status.lastGaps ?? []).map(({ at, channel, symbol, from, to, reason, outcome }) => ({
            at,
            what: `${channel} ${symbol ?? ""} ${outcome}`,
            text: `${from ?? "?"} … ${to ?? "?"}: ${reason}`,
          }))}
        />
      </Card>
    </div>
  );
}

function facts(status: CollectorStatus, detail: Detail): readonly (readonly [string, ReactNode])[] {
  const { lag, journal, queue, gaps } = status;
  const streams = Object.entries(status.rowsByStream);
  return [
    ["Messages per second", <Count key="m" value={status.messagesPerSecond} />],
    ["Rows per second", <Count key="r" value={status.rowsPerSecond} />],
    ["Messages", <Count key="ms" value={status.messages} short />],
    ["Rows received", <Count key="rs" value={status.rows} short />],
    ["Rows committed", <Count key="rc" value={status.committedRows} short />],
    ["Lag of the feed, p99", <Duration key="lf" ms={lag.receivedMs?.p99} />],
    ["Lag to the commit, p99", <Duration key="lc" ms={lag.committedMs?.p99} />],
    ["Rows that wait", <Count key="q" value={queue.rows} />],
    ["Journal on disk", <Bytes key="j" value={journal.bytes} />],
    ["Reconnects", <Count key="re" value={status.reconnects} />],
    ["Restarts", <Count key="rt" value={status.restarts} />],
    ["Errors", <Count key="e" value={status.errors} />],
    ["Invalid messages", <Count key="i" value={status.invalid} />],
    ["Gaps filled, marked", `${formatCount(gaps.filled)}, ${formatCount(gaps.marked)}`],
    ["Running for", <Duration key="d" since={detail.running ? status.startedAt : null} />],
    [
      "Run",
      <TextLink key="run" to="/runs/$id" params={{ id: detail.run }}>
        {detail.run.slice(0, 8)}
      </TextLink>,
    ],
    ...streams.map(
      ([stream, rows]) => [`Rows of ${stream}`, <Count key={stream} value={rows} short />] as const,
    ),
    ...Object.entries(status.counters).map(
      ([name, count]) => [name, <Count key={name} value={count} short />] as const,
    ),
  ];
}
