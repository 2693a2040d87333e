import { useNavigate, useSearch } from "@tanstack/react-router";
import { SquareActivity } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { Answer } from "../api/get-query.ts";
import { Button } from "../components/button.tsx";
import { CodeBlock } from "../components/code-block.tsx";
import type { Column } from "../components/column.ts";
import { Dialog } from "../components/dialog.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { PageList } from "../components/page-list.tsx";
import { Select } from "../components/select.tsx";
import { TextLink } from "../components/text-link.tsx";
import { Time } from "../components/time.tsx";
import { PipelinePicker } from "../features/pipelines/pipeline-picker.tsx";
import { usePages } from "../features/shared/use-pages.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { EVENT_KINDS } from "../features/events/event-kinds.ts";
import { eventText } from "../features/events/event-text.ts";

type Event = Answer<"/api/v1/events">["items"][number];

const COLUMNS: readonly Column<Event>[] = [
  { id: "at", header: "When", width: "w-28", cell: ({ at }) => <Time at={at} /> },
  {
    id: "type",
    header: "What",
    width: "w-44",
    from: "sm",
    cell: ({ type }) => <span className="font-mono text-sm">{type}</span>,
  },
  {
    id: "pipeline",
    header: "Pipeline",
    cell: ({ pipeline, group, worker }) =>
      pipeline === null ? (
        <span className="text-muted">{group ?? worker ?? "–"}</span>
      ) : (
        <TextLink to="/pipelines/$name" params={{ name: pipeline }} title={pipeline}>
          {pipeline}
        </TextLink>
      ),
    text: true,
  },
  {
    id: "text",
    header: "Details",
    from: "md",
    cell: (event) => (
      <span className="text-muted" title={eventText(event)}>
        {eventText(event)}
      </span>
    ),
    text: true,
  },
  {
    id: "run",
    header: "Run",
    width: "w-32",
    from: "lg",
    cell: ({ run }) =>
      run === null ? (
        "–"
      ) : (
        <TextLink to="/runs/$id" params={{ id: run }} className="font-mono text-sm">
          {run.slice(0, 8)}
        </TextLink>
      ),
  },
];

/** Everything that happened, newest first; what happens now comes by itself. */
export function EventsPage(): ReactNode {
  const { type = "", pipeline = "" } = useSearch({ from: "/shell/events" });
  const navigate = useNavigate();
  const [opened, setOpened] = useState<Event>();
  const pages = usePages("/api/v1/events", {
    query: { limit: 100, ...(type === "" ? {} : { type }), ...(pipeline === "" ? {} : { pipeline }) },
  });
  const filter = (next: { type?: string; pipeline?: string }): void => {
    const search = { type, pipeline, ...next };
    void navigate({
      to: "/events",
      search: { type: search.type || undefined, pipeline: search.pipeline || undefined },
      replace: true,
    });
  };
  return (
    <>
      <PageHeader title="Events" description="Everything that happened, newest first." />
      <div className="mb-3 flex flex-wrap gap-2">
        <Select
          label="Kind of event"
          value={type}
          choices={EVENT_KINDS}
          onChange={(next) => filter({ type: next })}
        />
        <PipelinePicker
          value={pipeline}
          onChange={(next) => filter({ pipeline: next })}
          all="All pipelines"
        />
        {(type !== "" || pipeline !== "") && (
          <Button kind="quiet" onClick={() => filter({ type: "", pipeline: "" })}>
            Clear
          </Button>
        )}
      </div>
      <PageList
        pages={pages}
        what="events"
        columns={COLUMNS}
        rowKey={({ id }) => String(id)}
        onOpen={setOpened}
        empty={
          <EmptyState icon={SquareActivity} title="No events">
            {type === "" && pipeline === ""
              ? "Events are recorded as soon as something runs."
              : "Nothing like this happened."}
          </EmptyState>
        }
      />
      {opened !== undefined && (
        <Dialog
          open
          onOpenChange={() => setOpened(undefined)}
          title={opened.type}
          description={<Time absolute at={opened.at} />}
          wide
        >
          <CodeBlock code={JSON.stringify(opened, null, 2)} label="The event" wrap />
        </Dialog>
      )}
    </>
  );
}
