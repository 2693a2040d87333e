import { ListChecks, RotateCw, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import type { Answer } from "../../api/get-query.ts";
import { useRole } from "../../api/use-role.ts";
import type { Column } from "../../components/column.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { PageList } from "../../components/page-list.tsx";
import { Duration } from "../../components/quantity.tsx";
import { Status } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { usePages } from "../shared/use-pages.ts";
import { useCommand } from "../shared/use-command.ts";

type Job = Answer<"/api/v1/jobs">["items"][number];

const COLUMNS: readonly Column<Job>[] = [
  { id: "status", header: "State", width: "w-32", cell: ({ status }) => <Status quiet status={status} /> },
  {
    id: "task",
    header: "Task",
    cell: (job) => (
      <span className="block truncate" title={job.error?.message ?? job.id}>
        <span className="font-medium">{job.task}</span>{" "}
        <span className={job.error === null ? "text-muted" : "text-failed"}>
          {job.error?.message ?? progress(job)}
        </span>
      </span>
    ),
    text: true,
  },
  {
    id: "given",
    header: "Given",
    from: "xl",
    cell: ({ payloadFields }) => payloadFields.join(", ") || "–",
    text: true,
  },
  {
    id: "attempts",
    header: "Attempts",
    align: "end",
    from: "md",
    width: "w-24",
    cell: ({ attempts, maxAttempts }) => `${attempts} of ${maxAttempts}`,
  },
  {
    id: "queued",
    header: "Asked for",
    align: "end",
    from: "sm",
    width: "w-28",
    cell: ({ queuedAt }) => <Time at={queuedAt} />,
  },
  {
    id: "took",
    header: "Took",
    align: "end",
    from: "md",
    width: "w-28",
    cell: ({ durationMs, startedAt, finishedAt }) => (
      <Duration ms={durationMs} since={finishedAt === null ? startedAt : null} />
    ),
  },
];

/** Jobs, newest first; of dead letters those that used up all their attempts, to be queued again or discarded. */
export function JobsTab({ dead }: { readonly dead: boolean }): ReactNode {
  const { isOperator } = useRole();
  const pages = usePages("/api/v1/jobs", {
    query: { limit: 50, ...(dead ? { dead: "true" as const } : {}) },
  });
  const actions: Column<Job> = {
    id: "actions",
    header: "Actions",
    width: "w-24",
    align: "end",
    cell: (job) => <DeadActions job={job} />,
  };
  return (
    <PageList
      pages={pages}
      what={dead ? "dead letters" : "jobs"}
      columns={dead && isOperator ? [...COLUMNS, actions] : COLUMNS}
      rowKey={({ id }) => id}
      empty={
        <EmptyState icon={ListChecks} title={dead ? "No dead letters" : "No jobs"}>
          {dead
            ? "No job has used up its attempts."
            : "A job is there when a program or a pipeline asks for a task."}
        </EmptyState>
      }
    />
  );
}

function progress({ progress }: Job): string {
  if (progress === null) return "";
  const of = progress.total === null ? "" : ` of ${progress.total}`;
  return `${progress.done}${of} ${progress.note ?? ""}`;
}

function DeadActions({ job }: { readonly job: Job }): ReactNode {
  const command = useCommand();
  const [asking, setAsking] = useState(false);
  const params = { path: { id: job.id } };
  const requeue = (): void => {
    void command.run({
      title: `${job.task} is queued again`,
      act: () =>
        api.POST("/api/v1/jobs/{id}/requeue", {
          params,
          headers: { "idempotency-key": crypto.randomUUID() },
          body: {},
        }),
    });
  };
  const discard = async (): Promise<void> => {
    await api.POST("/api/v1/jobs/{id}/discard", {
      params,
      headers: { "idempotency-key": crypto.randomUUID() },
      body: {},
    });
    await command.run({ title: "The job is discarded", act: () => Promise.resolve() });
  };
  return (
    <span className="inline-flex">
      <IconButton
        size="small"
        icon={RotateCw}
        label={`Queue ${job.task} again`}
        disabled={command.busy}
        onClick={requeue}
      />
      <IconButton
        size="small"
        icon={Trash2}
        label={`Discard the job of ${job.task}`}
        onClick={() => setAsking(true)}
      />
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="Discard this job?"
        action="Discard"
        danger
        onConfirm={discard}
      >
        <p>It is taken off the dead letters and will not be carried out. Its record stays.</p>
      </ConfirmDialog>
    </span>
  );
}
