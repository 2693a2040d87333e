import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { SearchInput } from "../components/input.tsx";
import { Select } from "../components/select.tsx";
import { RunList } from "../features/runs/run-list.tsx";
import { RUN_STATUS_CHOICES, runStatuses } from "../features/runs/run-status-choices.ts";
import { useDebounced } from "../features/shared/use-debounced.ts";
import { usePages } from "../features/shared/use-pages.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { useTopics } from "../live/live-provider.tsx";

const TOPICS = ["runs"];
const TRIGGERS = [
  { value: "", label: "All triggers" },
  { value: "schedule", label: "Schedule" },
  { value: "manual", label: "By hand" },
  { value: "parent", label: "After a parent" },
  { value: "retry", label: "Retry" },
  { value: "backfill", label: "Backfill" },
] as const;

/** All runs, newest first, filtered by the address. */
export function RunsPage(): ReactNode {
  useTopics(TOPICS);
  const search = useSearch({ from: "/shell/runs" });
  const navigate = useNavigate({ from: "/runs" });
  const set = (key: "pipeline" | "status" | "trigger", value: string): void => {
    const { [key]: _, ...rest } = search;
    void navigate({ search: value === "" ? rest : { ...rest, [key]: value }, replace: true });
  };
  const [text, setText] = useDebounced(search.pipeline ?? "", (value) => {
    set("pipeline", value);
  });
  const trigger = TRIGGERS.find((choice) => choice.value === search.trigger)?.value ?? "";
  const status = RUN_STATUS_CHOICES.find((choice) => choice.value === search.status)?.value ?? "";
  const pages = usePages("/api/v1/runs", {
    query: {
      limit: 100,
      ...runStatuses(search.status),
      ...(search.pipeline === undefined ? {} : { search: search.pipeline }),
      ...(trigger === "" ? {} : { trigger }),
    },
  });
  return (
    <>
      <PageHeader title="Runs" description="Everything that ran, runs now, or waits." />
      <div className="mb-4 flex flex-wrap gap-2">
        <SearchInput
          value={text}
          onChange={setText}
          label="Pipeline or run"
          className="min-w-0 flex-1 basis-full sm:max-w-sm sm:basis-56"
        />
        <Select
          label="State"
          value={status}
          choices={RUN_STATUS_CHOICES}
          onChange={(value) => {
            set("status", value);
          }}
          className="flex-1 sm:flex-none"
        />
        <Select
          label="Trigger"
          value={trigger}
          choices={TRIGGERS}
          onChange={(value) => {
            set("trigger", value);
          }}
          className="flex-1 sm:flex-none"
        />
      </div>
      <RunList
        pages={pages}
        empty={
          Object.keys(search).length > 0
            ? "None is like that: choose other filters."
            : "Open a pipeline and press Run, or wait for its schedule."
        }
      />
    </>
  );
}
