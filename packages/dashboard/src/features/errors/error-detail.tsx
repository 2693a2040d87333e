import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { Sparkline } from "../../charts/sparkline.tsx";
import { Card } from "../../components/card.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Count } from "../../components/quantity.tsx";
import { Status } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { PageHeader } from "../../layout/page-header.tsx";
import { PagePending } from "../../layout/page-pending.tsx";

type Detail = Answer<"/api/v1/errors/{fingerprint}">;

/** One kind of error: how often by day, in which pipelines and runs, with a sample of its stack. */
export function ErrorDetail({ fingerprint }: { readonly fingerprint: string }): ReactNode {
  const query = useQuery(getQuery("/api/v1/errors/{fingerprint}", { path: { fingerprint } }));
  if (query.isError && query.data === undefined) {
    return (
      <Card>
        <ErrorState
          error={query.error}
          title="The error could not be loaded"
          onRetry={() => void query.refetch()}
        />
      </Card>
    );
  }
  if (query.data === undefined) return <PagePending />;
  const error = query.data;
  return (
    <>
      <PageHeader
        above={<TextLink to="/errors">Errors</TextLink>}
        title={error.message}
        status={<Status status={error.state} />}
        description={<code className="font-mono text-sm">{error.code}</code>}
      />
      <div className="grid gap-4 xl:grid-cols-2">
        <Card title="Over the past 30 days">
          <KeyValue
            columns
            items={[
              ["How often", <Count key="n" value={error.count} />],
              ["First seen", <Time key="n" at={error.firstSeenAt} />],
              ["Last seen", <Time key="n" at={error.lastSeenAt} />],
            ]}
          />
          <div className="mt-4 overflow-hidden">
            <Sparkline
              kind="bars"
              width={480}
              height={64}
              values={byDay(error)}
              label={`Errors by day, ${error.count} in all`}
            />
          </div>
        </Card>
        <Card flush title="Pipelines">
          <ul className="divide-y divide-line border-t border-line">
            {error.pipelines.map(({ pipeline, count, lastSeenAt }) => (
              <li key={pipeline} className="flex min-h-11 items-center gap-4 px-4">
                <TextLink
                  to="/pipelines/$name"
                  params={{ name: pipeline }}
                  className="min-w-0 flex-1 truncate"
                  dir="auto"
                >
                  {pipeline}
                </TextLink>
                <span>
                  <Count value={count} /> ×
                </span>
                <span className="w-24 text-right text-sm text-muted">
                  <Time at={lastSeenAt} />
                </span>
              </li>
            ))}
          </ul>
        </Card>
        <Sample error={error} />
        <Runs error={error} />
      </div>
    </>
  );
}

const DAYS = 30;
const DAY_MS = 86_400_000;

function byDay({ days }: Detail): number[] {
  const counts = new Map(days.map(({ day, count }) => [day, count]));
  return Array.from({ length: DAYS }, (_, index) => {
    const day = new Date(Date.now() - (DAYS - 1 - index) * DAY_MS).toISOString().slice(0, 10);
    return counts.get(day) ?? 0;
  });
}

function Sample({ error: { sample } }: { readonly error: Detail }): ReactNode {
  return (
    <Card title="The latest" className="xl:col-span-2">
      <p className="wrap-anywhere" dir="auto">
        {sample.message}
      </p>
      {sample.hint !== null && <p className="mt-1 text-muted">{sample.hint}</p>}
      <p className="mt-1 text-sm text-muted">
        <TextLink to="/runs/$id" params={{ id: sample.run }} className="underline">
          The run
        </TextLink>{" "}
        of {sample.pipeline}, <Time at={sample.at} />
      </p>
      {sample.stack !== null && <CodeBlock code={sample.stack} label="Stack of the error" className="mt-3" />}
    </Card>
  );
}

function Runs({ error: { runs } }: { readonly error: Detail }): ReactNode {
  return (
    <Card flush title="Latest runs" className="xl:col-span-2">
      <ul className="divide-y divide-line border-t border-line">
        {runs.map(({ run, pipeline, at, message }) => (
          <li key={run} className="flex min-h-11 flex-wrap items-center gap-x-4 px-4 py-1.5">
            <TextLink to="/runs/$id" params={{ id: run }} className="w-52 truncate font-medium" dir="auto">
              {pipeline}
            </TextLink>
            <span className="min-w-0 flex-1 basis-60 truncate text-muted" title={message} dir="auto">
              {message}
            </span>
            <span className="text-sm text-muted">
              <Time at={at} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
