import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { getQuery } from "../api/get-query.ts";
import { Card } from "../components/card.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { ErrorState } from "../components/error-state.tsx";
import { Badge } from "../components/status.tsx";
import { Tabs, type Tab } from "../components/tabs.tsx";
import { ButtonLink, TextLink } from "../components/text-link.tsx";
import { ChangesTab } from "../features/data/changes-tab.tsx";
import { ColumnsTab } from "../features/data/columns-tab.tsx";
import { QuarantineTab } from "../features/data/quarantine-tab.tsx";
import { RowsTab, type RowsSearch } from "../features/data/rows-tab.tsx";
import { SnippetsTab } from "../features/data/snippets-tab.tsx";
import { TableOverview } from "../features/data/table-overview.tsx";
import type { RowKind } from "../features/data/use-rows.ts";
import type { TableDetail } from "../features/shared/api-types.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { PagePending } from "../layout/page-pending.tsx";

/** One collected table: its rows and what became of them. */
export function TablePage(): ReactNode {
  const { table } = useParams({ from: "/shell/data/$table" });
  const query = useQuery(getQuery("/api/v1/tables/{table}", { path: { table } }));
  if (query.data !== undefined) return <Detail key={query.data.id} table={query.data} />;
  if (query.error === null) return <PagePending />;
  return (
    <>
      <PageHeader title={table} above={<TextLink to="/data">Tables</TextLink>} />
      <Card>
        <ErrorState
          error={query.error}
          title="The table could not be read"
          onRetry={() => void query.refetch()}
        />
      </Card>
    </>
  );
}

function Detail({ table }: { readonly table: TableDetail }): ReactNode {
  const search = useSearch({ from: "/shell/data/$table" });
  const navigate = useNavigate({ from: "/data/$table" });
  const shown = search.tab ?? "rows";
  const show = (tab: string, more: object = {}): void => {
    void navigate({ search: { ...(tab === "rows" ? {} : { tab }), ...more }, replace: true });
  };
  const rows = (of: RowKind, tab: string) => (): ReactNode =>
    table.browsable ? (
      <RowsTab
        table={table}
        of={of}
        search={search}
        onSearch={(next: RowsSearch) => {
          show(tab, next);
        }}
      />
    ) : (
      <NotBrowsable table={table} />
    );
  const tabs: readonly (Tab | false)[] = [
    { id: "rows", label: "Rows", content: rows("live", "rows") },
    {
      id: "changes",
      label: "Changes",
      content: () => (
        <ChangesTab
          table={table}
          search={search}
          onSearch={(next) => {
            show("changes", next);
          }}
          onRow={(key) => {
            show("rows", { key });
          }}
        />
      ),
    },
    (table.removedRows || shown === "removed") && {
      id: "removed",
      label: "Removed rows",
      content: rows("removed", "removed"),
    },
    {
      id: "quarantine",
      label: "Quarantine",
      ...quarantineCount(table),
      content: () => <QuarantineTab table={table} />,
    },
    { id: "overview", label: "Freshness and volume", content: () => <TableOverview table={table} /> },
    { id: "columns", label: "Columns", content: () => <ColumnsTab table={table} /> },
    { id: "api", label: "API", content: () => <SnippetsTab table={table} /> },
  ];
  return (
    <>
      <PageHeader
        title={table.table}
        above={<TextLink to="/data">Tables</TextLink>}
        status={<Badge>{table.mode}</Badge>}
        description={
          <>
            {table.location}, written by{" "}
            {table.pipelines.map((name, index) => (
              <span key={name}>
                {index > 0 && ", "}
                <TextLink className="underline" to="/pipelines/$name" params={{ name }}>
                  {name}
                </TextLink>
              </span>
            ))}
          </>
        }
        actions={
          <ButtonLink to="/lineage" search={{ focus: `table:${table.table}` }}>
            Lineage
          </ButtonLink>
        }
      />
      <Tabs
        label="Parts of the table"
        value={shown}
        onChange={(tab) => {
          show(tab);
        }}
        tabs={tabs.filter((tab) => tab !== false)}
      />
    </>
  );
}

function quarantineCount(table: TableDetail): { count?: number } {
  const count = table.estimatedQuarantined ?? table.lastRun?.rejected ?? 0;
  return count > 0 ? { count } : {};
}

function NotBrowsable({ table }: { readonly table: TableDetail }): ReactNode {
  return (
    <Card>
      <EmptyState title="These rows cannot be read page by page">
        {table.location} has no way to do so: look at them there.
      </EmptyState>
    </Card>
  );
}
