import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Button } from "../components/button.tsx";
import { Select } from "../components/select.tsx";
import { PipelinePicker } from "../features/pipelines/pipeline-picker.tsx";
import { RunList } from "../features/runs/run-list.tsx";
import { usePages } from "../features/shared/use-pages.ts";
import { PageHeader } from "../layout/page-header.tsx";

const STATUSES = [
  { value: "", label: "All states" },
  { value: "running", label: "Running" },
  { value: "queued", label: "Queued" },
  { value: "succeeded", label: "Succeeded" },
  { value: "failed,died", label: "Failed" },
  { value: "stopped,cancelled", label: "Stopped" },
] as const;
const TRIGGERS = [
  { value: "", label: "However started" },
  { value: "schedule", label: "By schedule" },
  { value: "manual", label: "By hand" },
  { value: "parent", label: "After a parent" },
  { value: "backfill", label: "By a backfill" },
  { value: "retry", label: "As a retry" },
] as const;

/** All runs, newest first. */
export function RunsPage(): ReactNode {
  const { status = "", trigger = "", pipeline = "" } = useSearch({ from: "/shell/runs" });
  const navigate = useNavigate();
  const filter = (next: { status?: string; trigger?: string; pipeline?: string }): void => {
    const search = { status, trigger, pipeline, ...next };
    void navigate({
      to: "/runs",
      search: {
        status: search.status || undefined,
        trigger: search.trigger || undefined,
        pipeline: search.pipeline || undefined,
      },
      replace: true,
    });
  };
  const pages = usePages("/api/v1/runs", {
    query: {
      limit: 100,
      ...(status === "" ? {} : { status }),
      ...(trigger === "" ? {} : { trigger }),
      ...(pipeline === "" ? {} : { pipeline }),
    },
  });
  const filtered = status !== "" || trigger !== "" || pipeline !== "";
  return (
    <>
      <PageHeader title="Runs" description="All runs of all pipelines, newest first." />
      <div className="mb-3 flex flex-wrap gap-2">
        <Select
          label="State"
          value={status}
          choices={STATUSES}
          onChange={(next) => filter({ status: next })}
        />
        <Select
          label="Started by"
          value={trigger}
          choices={TRIGGERS}
          onChange={(next) => filter({ trigger: next })}
        />
        <PipelinePicker
          value={pipeline}
          onChange={(next) => filter({ pipeline: next })}
          all="All pipelines"
        />
        {filtered && (
          <Button kind="quiet" onClick={() => filter({ status: "", trigger: "", pipeline: "" })}>
            Clear
          </Button>
        )}
      </div>
      <RunList
        pages={pages}
        empty={filtered ? "No run is like this." : "Run a pipeline by hand, or give it a schedule."}
      />
    </>
  );
}
