import { useState, type ReactNode } from "react";
import { Select } from "../../components/select.tsx";
import { RunList } from "../runs/run-list.tsx";
import { RUN_STATUS_CHOICES, runStatuses } from "../runs/run-status-choices.ts";
import { usePages } from "../shared/use-pages.ts";
import { DurationChart } from "./duration-chart.tsx";

/** The runs of one pipeline. */
export function RunsTab({ pipeline }: { readonly pipeline: string }): ReactNode {
  const [status, setStatus] = useState("");
  const pages = usePages("/api/v1/pipelines/{name}/runs", {
    path: { name: pipeline },
    query: { limit: 100, ...runStatuses(status) },
  });
  return (
    <>
      <DurationChart pipeline={pipeline} />
      <div className="mb-3">
        <Select label="State" value={status} choices={RUN_STATUS_CHOICES} onChange={setStatus} />
      </div>
      <RunList
        single
        pages={pages}
        empty={status === "" ? "It has not run yet. Press Run to start it now." : "None came to that."}
      />
    </>
  );
}
