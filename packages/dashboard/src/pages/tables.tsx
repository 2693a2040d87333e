import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Database, PlugZap } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import { getQuery } from "../api/get-query.ts";
import { Card } from "../components/card.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { ErrorState } from "../components/error-state.tsx";
import { SearchInput } from "../components/input.tsx";
import { SkeletonRows } from "../components/skeleton.tsx";
import { ButtonLink } from "../components/text-link.tsx";
import { TableList } from "../features/data/table-list.tsx";
import type { FreshnessItem } from "../features/shared/api-types.ts";
import { useDebounced } from "../features/shared/use-debounced.ts";
import { usePages } from "../features/shared/use-pages.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { useTopics } from "../live/live-provider.tsx";

const TOPICS = ["runs"];

/** Every table that pipelines write, wherever it is, with how fresh it is. */
export function TablesPage(): ReactNode {
  useTopics(TOPICS);
  const search = useSearch({ from: "/shell/data" });
  const navigate = useNavigate({ from: "/data" });
  const [text, setText] = useDebounced(
    search.q ?? "",
    (q) =>
      void navigate({
        search: {
          ...(q === "" ? {} : { q }),
          ...(search.pipeline === undefined ? {} : { pipeline: search.pipeline }),
        },
        replace: true,
      }),
  );
  const query = {
    limit: 100,
    ...(search.q === undefined ? {} : { search: search.q }),
    ...(search.pipeline === undefined ? {} : { pipeline: search.pipeline }),
  };
  const pages = usePages("/api/v1/tables", { query });
  const first = useQuery(getQuery("/api/v1/tables", { query: { ...query, limit: 1 } }));
  const fresh = useFreshness();
  return (
    <>
      <PageHeader
        title="Tables"
        description="What was collected: rows, their history, and what was refused."
      />
      <div className="mb-4 flex flex-wrap gap-2">
        <SearchInput
          value={text}
          onChange={setText}
          label="Search tables"
          className="min-w-0 flex-1 sm:max-w-sm"
        />
        {search.pipeline !== undefined && (
          <ButtonLink to="/data" search={search.q === undefined ? {} : { q: search.q }}>
            All pipelines
          </ButtonLink>
        )}
      </div>
      <Unreachable places={first.data?.unreachable ?? []} />
      <Card flush>
        {pages.error !== null && pages.items.length === 0 ? (
          <ErrorState error={pages.error} title="The tables could not be loaded" onRetry={pages.retry} />
        ) : pages.loading ? (
          <SkeletonRows rows={8} label="Loading the tables" />
        ) : pages.items.length === 0 ? (
          <EmptyState
            icon={Database}
            title={Object.keys(search).length > 0 ? "No table is like that" : "No tables yet"}
            action={<ButtonLink to="/pipelines">Pipelines</ButtonLink>}
          >
            {Object.keys(search).length > 0
              ? "Search for a part of its name."
              : "A table shows up here once a pipeline has written rows: run one now."}
          </EmptyState>
        ) : (
          <TableList pages={pages} freshness={fresh} />
        )}
      </Card>
    </>
  );
}

function useFreshness(): ReadonlyMap<string, FreshnessItem> {
  const pages = usePages("/api/v1/overview/freshness", { query: { limit: 500 } });
  return useMemo(
    () => new Map(pages.items.map((item) => [`${item.pipeline}\n${item.table}`, item])),
    [pages.items],
  );
}

interface Place {
  readonly location: string;
  readonly pipelines: readonly string[];
  readonly message: string;
  readonly hint: string | null;
}

function Unreachable({ places }: { readonly places: readonly Place[] }): ReactNode {
  if (places.length === 0) return null;
  return (
    <section
      aria-label="Places that cannot be read"
      className="mb-4 rounded-lg border border-late bg-late-soft p-4"
    >
      {places.map((place) => (
        <div key={`${place.location}${place.message}`} className="flex gap-3">
          <PlugZap aria-hidden className="mt-0.5 size-[18px] shrink-0 text-late" />
          <div className="min-w-0">
            <p className="font-medium wrap-anywhere">
              Tables in {place.location} are missing here: {place.message}
            </p>
            {place.hint !== null && <p className="text-sm">{place.hint}</p>}
            <p className="text-sm text-muted">Written by {place.pipelines.join(", ")}</p>
          </div>
        </div>
      ))}
    </section>
  );
}
