import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useRole } from "../api/use-role.ts";
import { Tabs, type Tab } from "../components/tabs.tsx";
import { ExposedTables } from "../features/data-api/exposed-tables.tsx";
import { IngestTab } from "../features/data-api/ingest-tab.tsx";
import { KeysTab } from "../features/data-api/keys-tab.tsx";
import { SavedTab } from "../features/data-api/saved-tab.tsx";
import { PageHeader } from "../layout/page-header.tsx";

/** What programs read of the collected data and with which keys, and what programs push in. */
export function DataApiPage(): ReactNode {
  const { tab } = useSearch({ from: "/shell/data-api" });
  const { isOperator } = useRole();
  const navigate = useNavigate();
  const keys: Tab = { id: "keys", label: "Keys", content: () => <KeysTab /> };
  const ingest: Tab = { id: "ingest", label: "Ingest clients", content: () => <IngestTab /> };
  const tabs: readonly Tab[] = [
    { id: "tables", label: "Exposed tables", content: () => <ExposedTables /> },
    ...(isOperator ? [keys] : []),
    { id: "saved", label: "Saved queries", content: () => <SavedTab /> },
    ...(isOperator ? [ingest] : []),
  ];
  return (
    <>
      <PageHeader
        title="Data in and out"
        description="The data API shows tables to programs by REST and GraphQL; the ingestion service takes rows that programs push."
      />
      <Tabs
        label="Data in and out"
        value={tab ?? "tables"}
        onChange={(id) => void navigate({ to: "/data-api", search: { tab: id }, replace: true })}
        tabs={tabs}
      />
    </>
  );
}
