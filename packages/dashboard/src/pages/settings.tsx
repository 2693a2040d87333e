import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import { getQuery, type Answer } from "../api/get-query.ts";
import { Card } from "../components/card.tsx";
import type { Column } from "../components/column.ts";
import { DataTable } from "../components/data-table.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { SearchInput } from "../components/input.tsx";
import { QueryView } from "../components/query-view.tsx";
import { Badge } from "../components/status.tsx";
import { useDebounced } from "../features/shared/use-debounced.ts";
import { PageHeader } from "../layout/page-header.tsx";

type Setting = Answer<"/api/v1/settings">["items"][number];

const COLUMNS: readonly Column<Setting>[] = [
  {
    id: "name",
    header: "Setting",
    cell: ({ name }) => (
      <span className="font-medium" title={name}>
        {name}
      </span>
    ),
    sortValue: ({ name }) => name,
  },
  {
    id: "value",
    header: "Value",
    cell: ({ value }) =>
      value === null ? (
        <span className="text-faint">not set</span>
      ) : (
        <span className="font-mono text-sm" title={value}>
          {value}
        </span>
      ),
    text: true,
  },
  {
    id: "origin",
    header: "From",
    width: "w-32",
    cell: ({ origin }) => <Badge tone={origin === "default" ? "idle" : "running"}>{origin}</Badge>,
    sortValue: ({ origin }) => origin,
  },
  {
    id: "variable",
    header: "Variable",
    from: "lg",
    cell: ({ variable, alias }) => <span className="font-mono text-sm text-muted">{alias ?? variable}</span>,
    sortValue: ({ variable }) => variable,
  },
];

/** What is set, and where each value comes from. */
export function SettingsPage(): ReactNode {
  const { q = "" } = useSearch({ from: "/shell/settings" });
  const navigate = useNavigate();
  const query = useQuery(getQuery("/api/v1/settings"));
  const [text, setText] = useDebounced(
    q,
    (next) => void navigate({ to: "/settings", search: next === "" ? {} : { q: next }, replace: true }),
  );
  const shown = useMemo(() => {
    const wanted = q.toLowerCase();
    return (query.data?.items ?? []).filter(({ name, variable, value }) =>
      `${name} ${variable} ${value ?? ""}`.toLowerCase().includes(wanted),
    );
  }, [query.data, q]);
  return (
    <>
      <PageHeader
        title="Settings"
        description="What this server runs with. Values are changed in the project, in .env or in the environment, and hold from the next start on."
      />
      {(query.data?.warnings.length ?? 0) > 0 && (
        <ul className="mb-4 space-y-1 rounded-lg border border-line bg-late-soft p-4">
          {query.data?.warnings.map((warning) => (
            <li key={warning} className="flex gap-2">
              <TriangleAlert aria-hidden className="mt-0.5 size-[18px] shrink-0 text-late" />
              <span className="min-w-0 wrap-anywhere">{warning}</span>
            </li>
          ))}
        </ul>
      )}
      <div className="mb-3">
        <SearchInput value={text} onChange={setText} label="Search settings" className="max-w-md" />
      </div>
      <Card flush>
        <QueryView query={query} what="The settings">
          {() => (
            <DataTable
              label="Settings"
              rows={shown}
              columns={COLUMNS}
              rowKey={({ name }) => name}
              sort={{ column: "name", descending: false }}
              empty={<EmptyState title="No setting is called like this" />}
            />
          )}
        </QueryView>
      </Card>
    </>
  );
}
