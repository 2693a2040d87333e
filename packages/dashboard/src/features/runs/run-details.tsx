import type { ReactNode } from "react";
import { Card } from "../../components/card.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Bytes, Count, Duration } from "../../components/quantity.tsx";
import { Badge } from "../../components/status.tsx";
import { formatShare } from "../../format/format-count.ts";
import type { RunDetail } from "../shared/api-types.ts";

/** What a run was given, what it used, and where it was carried out. */
export function RunDetails({ run }: { readonly run: RunDetail }): ReactNode {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card title="Parameters" note="Values may be secret: only the names are kept.">
        {run.params.length === 0 ? (
          <p className="text-muted">It was given none: the pipeline's own values were taken.</p>
        ) : (
          <ul aria-label="Names of parameters" className="flex flex-wrap gap-1.5">
            {run.params.map((name) => (
              <li key={name}>
                <Badge>{name}</Badge>
              </li>
            ))}
          </ul>
        )}
        {Object.keys(run.options).length > 0 && (
          <>
            <h3 className="mt-4 mb-1 text-sm font-medium">Asked for with</h3>
            <CodeBlock label="Options" code={JSON.stringify(run.options, null, 2)} />
          </>
        )}
      </Card>
      <Card title="Resources">
        <KeyValue items={resources(run)} />
      </Card>
      <Card title="Process">
        <KeyValue
          items={[
            ["Host", run.host ?? undefined],
            ["Process", run.pid === null ? undefined : String(run.pid)],
            ["Exit code", run.exitCode === null ? undefined : String(run.exitCode)],
            ["Signal", run.signal ?? undefined],
            ["Told to end by", run.ending ?? undefined],
            [
              "Worker",
              run.worker === null ? undefined : (
                <code key="w" className="font-mono text-sm">
                  {run.worker}
                </code>
              ),
            ],
            ["Queue", `${run.queue}, priority ${String(run.priority)}`],
            ["Labels", run.labels.length === 0 ? undefined : run.labels.join(", ")],
            ["Pools", run.pools.length === 0 ? undefined : run.pools.join(", ")],
            ["Attempts", `${String(run.tries)} of ${String(run.maxTries)}`],
            [
              "Code version",
              run.codeVersion === null ? undefined : (
                <code key="c" className="font-mono text-sm">
                  {run.codeVersion.slice(0, 12)}
                </code>
              ),
            ],
            [
              "Run",
              <code key="i" className="font-mono text-sm wrap-anywhere">
                {run.id}
              </code>,
            ],
          ]}
        />
      </Card>
      <Card title="Checkpoint" note="Where the reading had come to when it ended.">
        {Object.keys(run.checkpoint).length === 0 ? (
          <p className="text-muted">None.</p>
        ) : (
          <CodeBlock label="Checkpoint" code={JSON.stringify(run.checkpoint, null, 2)} />
        )}
      </Card>
    </div>
  );
}

function resources(run: RunDetail): readonly (readonly [string, ReactNode])[] {
  const used =
    run.peakMemoryBytes !== null && run.memoryLimitBytes !== null
      ? ` (${formatShare(run.peakMemoryBytes / run.memoryLimitBytes)} of the limit)`
      : "";
  const cpu =
    run.cpuMs !== null && run.durationMs !== null && run.durationMs > 0
      ? ` (${formatShare(run.cpuMs / run.durationMs)} of one core)`
      : "";
  return [
    [
      "Memory at most",
      run.peakMemoryBytes === null ? (
        "not measured"
      ) : (
        <span key="m">
          <Bytes value={run.peakMemoryBytes} />
          {used}
        </span>
      ),
    ],
    ["Memory limit", <Bytes key="l" value={run.memoryLimitBytes} />],
    [
      "CPU time",
      run.cpuMs === null ? (
        "not measured"
      ) : (
        <span key="c">
          <Duration ms={run.cpuMs} />
          {cpu}
        </span>
      ),
    ],
    ["Took", <Duration key="d" ms={run.durationMs} since={run.startedAt} />],
    ["Waited", <Duration key="w" ms={run.waitMs} />],
    ["Time limit", run.timeoutMs === null ? "none" : <Duration key="t" ms={run.timeoutMs} />],
    ["Exceptions", <Count key="e" value={run.exceptions} />],
  ];
}
