import { useQuery } from "@tanstack/react-query";
import { Bell, BellOff } from "lucide-react";
import { useState, type ReactNode } from "react";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Badge } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { formatNumberOf } from "../../format/format-count.ts";
import { formatDuration } from "../../format/format-duration.ts";
import { MuteDialog } from "./mute-dialog.tsx";

type Rule = Answer<"/api/v1/notifications/plan">["rules"][number];

/** What is told to whom. */
export function RulesTab(): ReactNode {
  const query = useQuery(getQuery("/api/v1/notifications/plan"));
  return (
    <Card flush>
      <QueryView query={query} what="The rules">
        {({ rules }) =>
          rules.length === 0 ? (
            <EmptyState icon={Bell} title="No rules">
              Add one in <code className="font-mono">millrace.config.ts</code> under{" "}
              <code className="font-mono">notifications.rules</code>.
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line">
              {rules.map((rule) => (
                <Row key={rule.name} rule={rule} />
              ))}
            </ul>
          )
        }
      </QueryView>
    </Card>
  );
}

function Row({ rule }: { readonly rule: Rule }): ReactNode {
  const { isOperator } = useRole();
  const [muting, setMuting] = useState(false);
  return (
    <li className="flex flex-wrap items-start gap-x-6 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-72">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          {rule.name}
          {rule.openProblems > 0 && (
            <Badge tone="failed">{formatNumberOf(rule.openProblems, "open problem")}</Badge>
          )}
        </p>
        <p className="text-sm text-muted">
          {rule.on.join(", ")} of {subjects(rule)} to {rule.to.join(", ")}
        </p>
        <p className="text-sm text-muted">{limits(rule)}</p>
      </div>
      <p className="text-sm text-muted">
        last sent <Time at={rule.lastSentAt} />
      </p>
      {isOperator && (
        <Button size="small" icon={BellOff} onClick={() => setMuting(true)} aria-label={`Mute ${rule.name}`}>
          Mute
        </Button>
      )}
      {muting && <MuteDialog rule={rule.name} onClose={() => setMuting(false)} />}
    </li>
  );
}

function subjects({ pipelines, groups }: Rule): string {
  if (pipelines === null && groups === null) return "all pipelines";
  return [...(pipelines ?? []), ...(groups ?? []).map((group) => `group ${group}`)].join(", ");
}

function limits(rule: Rule): string {
  const parts: string[] = [];
  if (rule.severity !== null) parts.push(`from ${rule.severity} on`);
  if (rule.throttleMs !== null) parts.push(`at most once in ${formatDuration(rule.throttleMs)}`);
  if (rule.digestMs !== null) parts.push(`gathered for ${formatDuration(rule.digestMs)}`);
  if (rule.remindMs !== null) parts.push(`reminds every ${formatDuration(rule.remindMs)}`);
  if (rule.quietHours !== null) parts.push(`quiet ${rule.quietHours}`);
  return parts.join(" · ");
}
