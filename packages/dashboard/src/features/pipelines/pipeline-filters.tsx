import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { SearchInput } from "../../components/input.tsx";
import { Select } from "../../components/select.tsx";
import { useDebounced } from "../shared/use-debounced.ts";
import { SORT_CHOICES, STATE_CHOICES, type PipelineSearch } from "./pipelines-query.ts";

interface PipelineFiltersProps {
  readonly search: PipelineSearch;
  readonly onChange: (search: PipelineSearch) => void;
}

/** What is searched, filtered and sorted by. */
export function PipelineFilters({ search, onChange }: PipelineFiltersProps): ReactNode {
  const [text, setText] = useDebounced(search.q ?? "", (q) => {
    onChange(without({ ...search, q }));
  });
  const groups = useQuery(getQuery("/api/v1/groups"));
  const named = (groups.data?.items ?? []).flatMap((group) => (group.name === null ? [] : [group.name]));
  const set = (key: keyof PipelineSearch, value: string): void => {
    onChange(without({ ...search, q: text, [key]: value }));
  };
  return (
    <div className="mb-4 flex flex-wrap gap-2">
      <SearchInput
        value={text}
        onChange={setText}
        label="Search pipelines"
        className="min-w-0 flex-1 basis-full sm:max-w-sm sm:basis-56"
      />
      <Select
        label="State"
        value={search.state ?? ""}
        choices={STATE_CHOICES}
        onChange={(value) => {
          set("state", value);
        }}
        className="min-w-0 flex-1 sm:flex-none"
      />
      <Select
        label="Group"
        value={search.group ?? ""}
        choices={[
          { value: "", label: "All groups" },
          ...[...new Set([...named, ...(search.group === undefined ? [] : [search.group])])].map((name) => ({
            value: name,
            label: name,
          })),
        ]}
        onChange={(value) => {
          set("group", value);
        }}
        className="min-w-0 flex-1 sm:max-w-56 sm:flex-none"
      />
      <Select
        label="Order"
        value={search.sort ?? "name"}
        choices={SORT_CHOICES}
        onChange={(value) => {
          set("sort", value === "name" ? "" : value);
        }}
        className="min-w-0 flex-1 sm:flex-none"
      />
    </div>
  );
}

/** Leaves out what is empty, so that addresses stay short. */
function without(search: PipelineSearch): PipelineSearch {
  return Object.fromEntries(
    Object.entries(search).filter(([, value]) => value !== undefined && value !== ""),
  );
}
