import type { ReactNode } from "react";
import { Card } from "../../components/card.tsx";
import { CodeBlock, CopyButton } from "../../components/code-block.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Badge } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import type { PipelineDetail } from "../shared/api-types.ts";
import { usePages } from "../shared/use-pages.ts";

/** Where a pipeline is written, and which versions of it have run. */
export function CodeTab({ pipeline }: { readonly pipeline: PipelineDetail }): ReactNode {
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Card title="Code">
        <KeyValue
          items={[
            [
              "File",
              <span key="f" className="flex items-center gap-1">
                <code className="min-w-0 font-mono text-sm wrap-anywhere">{pipeline.file}</code>
                <CopyButton text={pipeline.file} label="Copy the path" />
              </span>,
            ],
            [
              "Version",
              pipeline.codeVersion === null ? undefined : (
                <code key="v" className="font-mono text-sm">
                  {pipeline.codeVersion.slice(0, 12)}
                </code>
              ),
            ],
            ["Since", <Time key="s" at={pipeline.codeChangedAt} never="not known" />],
            ["Registered", <Time key="r" at={pipeline.registeredAt} />],
          ]}
        />
        {pipeline.definition !== null && (
          <details className="mt-4">
            <summary className="text-sm font-medium">Definition</summary>
            <CodeBlock
              className="mt-2"
              label="Definition"
              code={JSON.stringify(pipeline.definition, null, 2)}
            />
          </details>
        )}
      </Card>
      <Versions name={pipeline.name} current={pipeline.codeVersion} />
    </div>
  );
}

function Versions({ name, current }: { readonly name: string; readonly current: string | null }): ReactNode {
  const pages = usePages("/api/v1/pipelines/{name}/versions", { path: { name }, query: { limit: 50 } });
  return (
    <Card title="Versions" note="Each time the code that runs was another." flush>
      {pages.error !== null ? (
        <ErrorState error={pages.error} onRetry={pages.retry} />
      ) : pages.loading ? (
        <SkeletonRows rows={3} />
      ) : (
        <ol className="divide-y divide-line border-t border-line">
          {pages.items.map((version, index) => (
            <li
              key={`${version.codeVersion ?? ""}${version.seenAt}`}
              className="flex items-center gap-4 px-4 py-2.5"
            >
              <code className="font-mono text-sm">{version.codeVersion?.slice(0, 12) ?? "unknown"}</code>
              {index === 0 && version.codeVersion === current && <Badge tone="running">current</Badge>}
              <span className="ml-auto text-sm text-muted">
                <Time at={version.seenAt} />
              </span>
            </li>
          ))}
        </ol>
      )}
      <LoadMore hasMore={pages.hasMore} busy={pages.busy} onMore={pages.more} what="versions" />
    </Card>
  );
}
