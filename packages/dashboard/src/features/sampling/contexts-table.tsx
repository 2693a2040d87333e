import { Pause, Play, Square } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import type { Column } from "../../components/column.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Count } from "../../components/quantity.tsx";
import { Status } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { useCommand } from "../shared/use-command.ts";
import type { SamplingContext } from "./sampling-status.ts";

const COLUMNS: readonly Column<SamplingContext>[] = [
  { id: "name", header: "Context", cell: ({ name }) => name, sortValue: ({ name }) => name },
  { id: "state", header: "State", width: "w-32", cell: ({ state }) => <Status quiet status={state} /> },
  {
    id: "variables",
    header: "Variables",
    align: "end",
    from: "md",
    width: "w-24",
    cell: ({ variables }) => <Count value={variables} />,
  },
  {
    id: "samples",
    header: "Samples",
    align: "end",
    width: "w-28",
    cell: ({ samples }) => <Count value={samples} short />,
  },
  {
    id: "bad",
    header: "Bad",
    align: "end",
    from: "sm",
    width: "w-24",
    cell: ({ bad }) => <Count value={bad} short />,
  },
  {
    id: "skipped",
    header: "Skipped",
    align: "end",
    from: "md",
    width: "w-24",
    cell: ({ skipped }) => <Count value={skipped} short />,
  },
  {
    id: "ends",
    header: "Ends",
    align: "end",
    from: "lg",
    width: "w-28",
    cell: ({ endsAt }) => (endsAt === null ? "–" : <Time at={endsAt} />),
  },
];

/** The contexts of a sampling pipeline, with what can be done to them. */
export function ContextsTable(props: {
  readonly pipeline: string;
  readonly running: boolean;
  readonly rows: readonly SamplingContext[];
}): ReactNode {
  const { pipeline, running, rows } = props;
  const { isOperator } = useRole();
  const actions: Column<SamplingContext> = {
    id: "actions",
    header: "",
    align: "end",
    width: "w-52",
    cell: (context) => <ContextActions pipeline={pipeline} context={context} />,
  };
  return (
    <DataTable
      label="Contexts"
      rows={rows}
      columns={isOperator && running ? [...COLUMNS, actions] : COLUMNS}
      rowKey={({ id }) => String(id)}
      sort={{ column: "name", descending: false }}
      empty={<EmptyState title="No contexts">All have ended or were stopped.</EmptyState>}
    />
  );
}

function ContextActions({
  pipeline,
  context,
}: {
  readonly pipeline: string;
  readonly context: SamplingContext;
}): ReactNode {
  const command = useCommand();
  const [stopping, setStopping] = useState(false);
  const options = { params: { path: { pipeline } }, body: { context: context.id } };
  const { name } = context;
  const pause = (): Promise<boolean> =>
    command.run({
      title: `${name} is paused`,
      act: () => api.POST("/api/v1/sampling/{pipeline}/pauseContext", options),
    });
  const resume = (): Promise<boolean> =>
    command.run({
      title: `${name} goes on`,
      act: () => api.POST("/api/v1/sampling/{pipeline}/resumeContext", options),
    });
  const stop = (): Promise<boolean> =>
    command.run({
      title: `${name} is stopped`,
      act: () => api.POST("/api/v1/sampling/{pipeline}/stopContext", options),
    });
  const paused = context.state === "paused";
  return (
    <span className="flex justify-end gap-2">
      <Button
        icon={paused ? Play : Pause}
        busy={command.busy}
        onClick={() => void (paused ? resume() : pause())}
      >
        {paused ? "Resume" : "Pause"}
      </Button>
      <Button icon={Square} busy={command.busy} onClick={() => setStopping(true)}>
        Stop
      </Button>
      <ConfirmDialog
        open={stopping}
        onOpenChange={setStopping}
        title={`Stop ${name}?`}
        action="Stop"
        onConfirm={stop}
      >
        <p>It takes no more samples until the pipeline is run again. To go on later, pause it instead.</p>
      </ConfirmDialog>
    </span>
  );
}
