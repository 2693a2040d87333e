import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { useRole } from "../../api/use-role.ts";
import { HeatMap } from "../../charts/heat-map.tsx";
import { Card } from "../../components/card.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { formatNumberOf } from "../../format/format-count.ts";
import { BackfillDialog } from "../backfills/backfill-dialog.tsx";
import { PipelinePicker } from "../pipelines/pipeline-picker.tsx";

type Day = Answer<"/api/v1/overview/calendar">["items"][number];

/** A year of runs, a square a day; pressing a day of one pipeline runs it for that day again. */
export function CalendarCard({ className }: { readonly className?: string }): ReactNode {
  const [pipeline, setPipeline] = useState("");
  const [day, setDay] = useState<string>();
  const { isOperator } = useRole();
  const navigate = useNavigate();
  const query = useQuery(
    getQuery("/api/v1/overview/calendar", { query: pipeline === "" ? {} : { pipeline } }),
  );
  const open = (date: string): void => {
    if (pipeline === "") void navigate({ to: "/runs", search: {} });
    else if (isOperator) setDay(date);
  };
  return (
    <Card
      {...(className === undefined ? {} : { className })}
      title="Calendar"
      note={
        pipeline === "" ? "Runs of all pipelines by day (UTC)." : "Press a day to run it again for that day."
      }
      actions={<PipelinePicker value={pipeline} onChange={setPipeline} all="All pipelines" />}
    >
      <QueryView query={query} what="The calendar" loading={<Skeleton className="h-36 w-full" />}>
        {({ from, to, items }) => (
          <HeatMap
            from={from}
            to={to}
            days={items.map((each) => ({
              date: each.day,
              value: each.succeeded + each.failed + each.stopped,
              bad: each.failed > 0,
              label: label(each),
            }))}
            label="Runs by day"
            onOpen={open}
          />
        )}
      </QueryView>
      {day !== undefined && (
        <BackfillDialog
          pipeline={pipeline}
          day={day}
          open
          onOpenChange={(wanted) => {
            if (!wanted) setDay(undefined);
          }}
        />
      )}
    </Card>
  );
}

function label(day: Day): string {
  const parts = [formatNumberOf(day.succeeded, "run succeeded", "runs succeeded")];
  if (day.failed > 0) parts.push(`${day.failed} failed`);
  if (day.stopped > 0) parts.push(`${day.stopped} stopped`);
  return `${day.day}: ${parts.join(", ")}`;
}
