import { CalendarClock } from "lucide-react";
import type { ReactNode } from "react";
import { Card } from "../../components/card.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { formatAbsolute } from "../../format/format-time.ts";
import type { PipelineDetail } from "../shared/api-types.ts";

/** When a pipeline runs by itself. */
export function ScheduleTab({ pipeline }: { readonly pipeline: PipelineDetail }): ReactNode {
  const { schedule } = pipeline;
  if (schedule === null && pipeline.parents.length === 0)
    return (
      <Card>
        <EmptyState icon={CalendarClock} title="It runs only when somebody asks for it">
          Write <code className="font-mono">schedule: every("5 minutes")</code> into {pipeline.file}, or name{" "}
          <code className="font-mono">parents</code> that it follows.
        </EmptyState>
      </Card>
    );
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Card title="Schedule">
        <KeyValue
          items={[
            ["When", schedule?.text],
            ["Time zone", schedule?.timeZone],
            [
              "Last due",
              schedule === null ? undefined : (
                <Time key="l" at={pipeline.lastDueAt} zone={schedule.timeZone} />
              ),
            ],
            [
              "Runs after",
              pipeline.parents.length === 0 ? undefined : <Parents key="p" pipeline={pipeline} />,
            ],
            ["State", pipeline.state === "enabled" ? undefined : stateWords(pipeline)],
          ]}
        />
        {pipeline.scheduleDefinition !== null && (
          <CodeBlock
            className="mt-4"
            label="Schedule as declared"
            code={JSON.stringify(pipeline.scheduleDefinition, null, 2)}
          />
        )}
      </Card>
      {schedule !== null && (
        <Card title="Next runs" note={`In ${schedule.timeZone}, and how far that is from now`} flush>
          {pipeline.nextFires.length === 0 ? (
            <EmptyState title="Nothing will start it">{stateWords(pipeline)}</EmptyState>
          ) : (
            <ol className="divide-y divide-line border-t border-line">
              {pipeline.nextFires.map((fire) => (
                <li key={fire} className="flex justify-between gap-4 px-4 py-2">
                  <span>{formatAbsolute(Date.parse(fire), schedule.timeZone)}</span>
                  <span className="text-muted">
                    <Time at={fire} zone={schedule.timeZone} />
                  </span>
                </li>
              ))}
            </ol>
          )}
        </Card>
      )}
    </div>
  );
}

function Parents({ pipeline }: { readonly pipeline: PipelineDetail }): ReactNode {
  const rule =
    pipeline.parentRule === "succeeded"
      ? "each time all of them have succeeded"
      : "each time all of them have ended";
  return (
    <>
      <span className="flex flex-wrap gap-x-3">
        {pipeline.parents.map((name) => (
          <TextLink key={name} to="/pipelines/$name" params={{ name }}>
            {name}
          </TextLink>
        ))}
      </span>
      <span className="block text-sm text-muted">{rule}</span>
    </>
  );
}

function stateWords(pipeline: PipelineDetail): string {
  if (pipeline.state === "paused") return "It is paused: what becomes due waits until it is resumed.";
  if (pipeline.state === "disabled")
    return `It is disabled${pipeline.stateReason === null ? "" : `: ${pipeline.stateReason}`}. Enable it to have it run again.`;
  return pipeline.state === "retired"
    ? "Its file is gone from the project."
    : "Its schedule has no further times.";
}
