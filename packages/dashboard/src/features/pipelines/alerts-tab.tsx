import { useQuery } from "@tanstack/react-query";
import { BellOff, ShieldCheck } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { Sparkline } from "../../charts/sparkline.tsx";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Badge, Status } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { valueText } from "../../components/diff-value.tsx";
import { formatNumberOf } from "../../format/format-count.ts";
import type { PipelineDetail } from "../shared/api-types.ts";
import { usePages } from "../shared/use-pages.ts";

/** Rules that the rows have to keep, and messages that were sent about the pipeline. */
export function AlertsTab({ pipeline }: { readonly pipeline: PipelineDetail }): ReactNode {
  return (
    <div className="space-y-4">
      <Quality pipeline={pipeline} />
      <Messages name={pipeline.name} />
    </div>
  );
}

function Quality({ pipeline }: { readonly pipeline: PipelineDetail }): ReactNode {
  const query = useQuery(getQuery("/api/v1/pipelines/{name}/quality", { path: { name: pipeline.name } }));
  return (
    <Card title="Quality rules" flush>
      {query.isPending ? (
        <SkeletonRows rows={3} />
      ) : query.error !== null ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data.items.length === 0 ? (
        <EmptyState icon={ShieldCheck} title="No rule has been checked">
          Declare <code className="font-mono">quality</code> rules in {pipeline.file}, such as{" "}
          <code className="font-mono">unique("id")</code>: every run then checks them.
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {query.data.items.map((rule) => (
            <Rule key={`${rule.table}/${rule.rule}`} rule={rule} />
          ))}
        </ul>
      )}
    </Card>
  );
}

type RuleItem = Answer<"/api/v1/pipelines/{name}/quality">["items"][number];

function Rule({ rule }: { readonly rule: RuleItem }): ReactNode {
  const values = rule.points.map((point) =>
    typeof point.observed === "number" ? point.observed : point.failures,
  );
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <span className="w-24 shrink-0">
        <Status status={rule.status} />
      </span>
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-medium wrap-anywhere">
          {rule.rule} <Badge tone={rule.severity === "fail" ? "failed" : "late"}>{rule.severity}</Badge>
        </p>
        <p className="text-sm text-muted wrap-anywhere">
          <TextLink className="underline" to="/data/$table" params={{ table: rule.table }}>
            {rule.table}
          </TextLink>{" "}
          · expected {rule.expected} · observed {valueText(rule.observed)}
          {rule.failures > 0 && ` · ${formatNumberOf(rule.failures, "row")} failed`}
        </p>
        {rule.reason !== null && rule.status !== "passed" && (
          <p className="mt-0.5 text-sm text-failed wrap-anywhere">{rule.reason}</p>
        )}
        {rule.samples.length > 0 && rule.status === "failed" && (
          <p className="mt-0.5 truncate font-mono text-xs text-muted">
            {rule.samples.slice(0, 3).map(valueText).join("  ")}
          </p>
        )}
      </div>
      <Sparkline values={values} label={`Observed by ${rule.rule}`} />
      <span className="text-sm text-muted">
        <TextLink to="/runs/$id" params={{ id: rule.run }}>
          <Time at={rule.at} />
        </TextLink>
      </span>
    </li>
  );
}

function Messages({ name }: { readonly name: string }): ReactNode {
  const pages = usePages("/api/v1/notifications", { query: { pipeline: name, limit: 20 } });
  return (
    <Card
      title="Messages about it"
      actions={<TextLink to="/notifications">All notifications</TextLink>}
      flush
    >
      {pages.error !== null ? (
        <ErrorState error={pages.error} onRetry={pages.retry} />
      ) : pages.loading ? (
        <SkeletonRows rows={2} />
      ) : pages.items.length === 0 ? (
        <EmptyState icon={BellOff} title="Nobody was told anything">
          Declare <code className="font-mono">notifications</code> in millrace.config.ts to hear of failures
          by e-mail, chat or webhook.
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {pages.items.map((message) => (
            <li key={message.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
              <span className="w-24 shrink-0">
                <Status status={message.status} quiet />
              </span>
              <span className="min-w-0 flex-1 basis-56 truncate">{message.title}</span>
              <span className="text-sm text-muted">{message.channel}</span>
              <span className="text-sm text-muted">
                <Time at={message.createdAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
