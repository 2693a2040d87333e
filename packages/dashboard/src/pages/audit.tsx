import { useNavigate, useSearch } from "@tanstack/react-router";
import { Rows3 } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { Answer } from "../api/get-query.ts";
import { CodeBlock } from "../components/code-block.tsx";
import type { Column } from "../components/column.ts";
import { Dialog } from "../components/dialog.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { Input } from "../components/input.tsx";
import { PageList } from "../components/page-list.tsx";
import { Select } from "../components/select.tsx";
import { Status } from "../components/status.tsx";
import { Time } from "../components/time.tsx";
import { useDebounced } from "../features/shared/use-debounced.ts";
import { usePages } from "../features/shared/use-pages.ts";
import { PageHeader } from "../layout/page-header.tsx";

type Entry = Answer<"/api/v1/audit">["items"][number];

const COLUMNS: readonly Column<Entry>[] = [
  { id: "at", header: "When", width: "w-28", cell: ({ at }) => <Time at={at} /> },
  {
    id: "by",
    header: "Who",
    width: "w-36 sm:w-48",
    cell: ({ actor }) => <span title={`${actor.kind} ${actor.name}`}>{actor.name}</span>,
    text: true,
  },
  { id: "action", header: "What", cell: ({ action }) => <span className="font-mono text-sm">{action}</span> },
  {
    id: "target",
    header: "Of what",
    from: "md",
    cell: ({ target }) => <span title={target ?? ""}>{target ?? "–"}</span>,
    text: true,
  },
  {
    id: "outcome",
    header: "Outcome",
    width: "w-32",
    from: "sm",
    cell: ({ outcome, code }) => (
      <span title={code ?? ""}>
        <Status quiet status={outcome} />
      </span>
    ),
  },
  {
    id: "address",
    header: "From",
    from: "lg",
    width: "w-40",
    cell: ({ address }) => <span className="font-mono text-sm">{address ?? "–"}</span>,
  },
];

/** Actions to choose from, by how they begin. */
const ACTIONS = [
  { value: "", label: "All actions" },
  { value: "auth.", label: "Signing in and out" },
  { value: "pipeline.", label: "Pipelines" },
  { value: "run.", label: "Runs" },
  { value: "backfill.", label: "Backfills" },
  { value: "secret.", label: "Secrets" },
  { value: "user.", label: "Users" },
  { value: "token.", label: "Tokens" },
  { value: "notification", label: "Notifications" },
] as const;

/** Who did what, newest first. */
export function AuditPage(): ReactNode {
  const { by = "", action = "" } = useSearch({ from: "/shell/audit" });
  const navigate = useNavigate();
  const [opened, setOpened] = useState<Entry>();
  const filter = (next: { by?: string; action?: string }): void => {
    const search = { by, action, ...next };
    void navigate({
      to: "/audit",
      search: { by: search.by || undefined, action: search.action || undefined },
      replace: true,
    });
  };
  const [name, setName] = useDebounced(by, (next) => filter({ by: next }));
  const pages = usePages("/api/v1/audit", {
    query: { limit: 100, ...(by === "" ? {} : { actor: by }), ...(action === "" ? {} : { action }) },
  });
  return (
    <>
      <PageHeader
        title="Audit"
        description="Who changed or asked for what, newest first. It is kept and cannot be edited."
      />
      <div className="mb-3 flex flex-wrap gap-2">
        <Input
          type="search"
          aria-label="Who"
          placeholder="Name of who did it"
          value={name}
          onChange={(event) => setName(event.target.value)}
          width="w-full sm:w-56"
        />
        <Select label="What" value={action} choices={ACTIONS} onChange={(next) => filter({ action: next })} />
      </div>
      <PageList
        pages={pages}
        what="entries"
        columns={COLUMNS}
        rowKey={({ id }) => id}
        onOpen={setOpened}
        empty={
          <EmptyState icon={Rows3} title="No entries">
            {by === "" && action === ""
              ? "Whatever somebody changes is recorded here."
              : "Nobody did anything like this."}
          </EmptyState>
        }
      />
      {opened !== undefined && (
        <Dialog
          open
          onOpenChange={() => setOpened(undefined)}
          title={`${opened.action} by ${opened.actor.name}`}
          description={<Time absolute at={opened.at} />}
          wide
        >
          <CodeBlock code={JSON.stringify(opened, null, 2)} label="The entry" wrap />
        </Dialog>
      )}
    </>
  );
}
