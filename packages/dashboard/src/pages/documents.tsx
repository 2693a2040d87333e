import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { FileText } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery, type Answer } from "../api/get-query.ts";
import { Card } from "../components/card.tsx";
import type { Column } from "../components/column.ts";
import { DataTable } from "../components/data-table.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { ErrorState } from "../components/error-state.tsx";
import { SearchInput } from "../components/input.tsx";
import { LoadMore } from "../components/load-more.tsx";
import { Select } from "../components/select.tsx";
import { SkeletonRows } from "../components/skeleton.tsx";
import { Status } from "../components/status.tsx";
import { TextLink } from "../components/text-link.tsx";
import { Time } from "../components/time.tsx";
import { usePages } from "../features/shared/use-pages.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { useTopics } from "../live/live-provider.tsx";

type Item = Answer<"/api/v1/documents">["items"][number];

const TOPICS = ["sources:documents"];
const STATES = {
  review: "To review",
  failed: "Failed",
  waiting: "Waiting",
  landing: "Landing",
  done: "Done",
  duplicate: "Duplicates",
  rejected: "Rejected",
} as const;
type State = keyof typeof STATES;

const COLUMNS: readonly Column<Item>[] = [
  {
    id: "name",
    header: "Document",
    text: true,
    cell: ({ id, name }) => (
      <TextLink to="/documents/$id" params={{ id }}>
        {name}
      </TextLink>
    ),
  },
  { id: "state", header: "State", width: "w-36", cell: ({ state }) => <Status quiet status={state} /> },
  { id: "type", header: "Type", width: "w-32", from: "sm", cell: ({ type }) => type ?? "–" },
  { id: "stage", header: "Stage", width: "w-28", from: "lg", cell: ({ stage }) => stage },
  {
    id: "confidence",
    header: "Sure",
    width: "w-20",
    align: "end",
    from: "md",
    cell: ({ confidence }) => (confidence === null ? "–" : `${Math.round(confidence * 100)} %`),
  },
  {
    id: "message",
    header: "Error",
    from: "xl",
    text: true,
    cell: ({ error }) => <span title={error?.message}>{error?.message ?? ""}</span>,
  },
  { id: "pipeline", header: "Pipeline", width: "w-40", from: "lg", cell: ({ pipeline }) => pipeline },
  { id: "received", header: "Received", width: "w-32", cell: ({ receivedAt }) => <Time at={receivedAt} /> },
];

/** Documents of hot folders: where each is, and which wait for a person. */
export function DocumentsPage(): ReactNode {
  useTopics(TOPICS);
  const search = useSearch({ from: "/shell/documents" });
  const navigate = useNavigate({ from: "/documents" });
  const state = search.state !== undefined && search.state in STATES ? (search.state as State) : undefined;
  const counts = useQuery(getQuery("/api/v1/documents/counts"));
  const pages = usePages("/api/v1/documents", {
    query: {
      limit: 100,
      ...(state === undefined ? {} : { state }),
      ...(search.q === undefined ? {} : { name: search.q }),
      ...(search.pipeline === undefined ? {} : { pipeline: search.pipeline }),
    },
  });
  const choices = Object.entries(STATES).map(([value, label]) => {
    const count = counts.data?.states[value];
    return { value, label: count === undefined ? label : `${label} (${count})` };
  });
  return (
    <>
      <PageHeader
        title="Documents"
        description="Files of hot folders on their way to rows, and those that a person has to look at."
      />
      <div className="mb-4 flex flex-wrap gap-2">
        <SearchInput
          label="Search by file name"
          className="w-full sm:w-72"
          value={search.q ?? ""}
          onChange={(q) =>
            void navigate({ search: { ...search, q: q === "" ? undefined : q }, replace: true })
          }
        />
        <Select
          label="State"
          value={state ?? ""}
          choices={[{ value: "", label: "All states" }, ...choices]}
          onChange={(value) =>
            void navigate({ search: { ...search, state: value === "" ? undefined : value }, replace: true })
          }
        />
      </div>
      <Card flush>
        {pages.error !== null && pages.items.length === 0 ? (
          <ErrorState error={pages.error} title="The documents could not be loaded" onRetry={pages.retry} />
        ) : pages.loading ? (
          <SkeletonRows rows={8} />
        ) : (
          <DataTable
            label="Documents"
            rows={pages.items}
            columns={COLUMNS}
            rowKey={({ id }) => id}
            onOpen={({ id }) => void navigate({ to: "/documents/$id", params: { id }, search: {} })}
            empty={
              <EmptyState icon={FileText} title="No documents">
                {state === undefined && search.q === undefined
                  ? "A pipeline whose source is documents() shows its files here."
                  : "None is like that."}
              </EmptyState>
            }
          />
        )}
        <LoadMore hasMore={pages.hasMore} busy={pages.busy} onMore={pages.more} what="documents" />
      </Card>
    </>
  );
}
