import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Bytes, Count, Duration } from "../../components/quantity.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { Badge } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import type { PipelineDetail } from "../shared/api-types.ts";
import { useRole } from "../../api/use-role.ts";

/** What the runs of a pipeline are held to, and where its reading has come to. */
export function SettingsTab(props: {
  readonly pipeline: PipelineDetail;
  readonly onReset: () => void;
}): ReactNode {
  const { limits, state, stateReason } = props.pipeline;
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Card title="What its runs are held to" note={`Declared in ${props.pipeline.file}.`}>
        <KeyValue
          items={[
            ["State", `${state}${stateReason === null ? "" : `: ${stateReason}`}`],
            ["Queue", limits.queue],
            ["Priority", <Count key="p" value={limits.priority} />],
            ["Labels", limits.labels.length === 0 ? "any worker" : <Badges key="l" values={limits.labels} />],
            ["Pools", limits.pools.length === 0 ? "none" : <Badges key="o" values={limits.pools} />],
            ["Attempts", <Count key="a" value={limits.attempts} />],
            ["Time limit", limits.timeoutMs === null ? "none" : <Duration key="t" ms={limits.timeoutMs} />],
            ["Memory limit", <Bytes key="m" value={limits.memoryLimitBytes} />],
            [
              "Disabled after",
              limits.disableAfter === null ? "never" : `${String(limits.disableAfter)} failures in a row`,
            ],
          ]}
        />
      </Card>
      <Checkpoint name={props.pipeline.name} onReset={props.onReset} />
    </div>
  );
}

function Badges({ values }: { readonly values: readonly string[] }): ReactNode {
  return (
    <span className="flex flex-wrap gap-1">
      {values.map((value) => (
        <Badge key={value}>{value}</Badge>
      ))}
    </span>
  );
}

function Checkpoint({ name, onReset }: { readonly name: string; readonly onReset: () => void }): ReactNode {
  const { isOperator } = useRole();
  const query = useQuery(getQuery("/api/v1/pipelines/{name}/checkpoint", { path: { name } }));
  const reset = isOperator && (
    <Button size="small" onClick={onReset}>
      Reset…
    </Button>
  );
  return (
    <Card
      title="Checkpoint"
      note="Where its reading has come to: the next run goes on from there."
      actions={reset}
    >
      {query.isPending && <Skeleton className="h-24 w-full" />}
      {query.error !== null && <ErrorState small error={query.error} onRetry={() => void query.refetch()} />}
      {query.data !== undefined && <CheckpointText data={query.data} />}
    </Card>
  );
}

function CheckpointText({
  data,
}: {
  readonly data: Answer<"/api/v1/pipelines/{name}/checkpoint">;
}): ReactNode {
  const none = isEmpty(data.checkpoints) && isEmpty(data.openEpochs);
  return (
    <>
      {data.error !== null && (
        <p className="mb-3 text-sm text-failed">
          {data.error.message} {data.error.hint}
        </p>
      )}
      {none && data.error === null && (
        <p className="text-muted">None: every run reads its source from the beginning.</p>
      )}
      {!isEmpty(data.checkpoints) && (
        <CodeBlock label="Checkpoints by slice" code={JSON.stringify(data.checkpoints, null, 2)} />
      )}
      {!isEmpty(data.openEpochs) && (
        <>
          <p className="mt-3 mb-1 text-sm font-medium">Readings that are not complete</p>
          <CodeBlock label="Open epochs" code={JSON.stringify(data.openEpochs, null, 2)} />
        </>
      )}
      {data.lastRun !== null && (
        <p className="mt-3 text-sm text-muted">
          Moved last by{" "}
          <TextLink className="underline" to="/runs/$id" params={{ id: data.lastRun }}>
            this run
          </TextLink>
          .
        </p>
      )}
    </>
  );
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
