import { useQuery } from "@tanstack/react-query";
import { CalendarRange } from "lucide-react";
import { useState, type ReactNode } from "react";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { useRole } from "../../api/use-role.ts";
import { CoverageGrid, type CoverageRow } from "../../charts/coverage-grid.tsx";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Select } from "../../components/select.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { BackfillDialog } from "../backfills/backfill-dialog.tsx";

type Coverage = Answer<"/api/v1/overview/coverage">;

const SHOWN = 60;

/** Which partitions of which table are there, for pipelines that were backfilled; fills what is missing. */
export function CoverageCard({ className }: { readonly className?: string }): ReactNode {
  const backfills = useQuery(getQuery("/api/v1/backfills", { query: { limit: 50 } }));
  const names = [...new Set((backfills.data?.items ?? []).map(({ pipeline }) => pipeline))];
  const [chosen, setChosen] = useState("");
  const pipeline = names.includes(chosen) ? chosen : names[0];
  if (pipeline === undefined) return null;
  return (
    <Card
      {...(className === undefined ? {} : { className })}
      title="Coverage"
      note="Partitions of each table that are there."
      actions={
        <Select
          label="Pipeline"
          className="w-56"
          value={pipeline}
          choices={names.map((name) => ({ value: name, label: name }))}
          onChange={setChosen}
        />
      }
    >
      <Grid pipeline={pipeline} />
    </Card>
  );
}

function Grid({ pipeline }: { readonly pipeline: string }): ReactNode {
  const { isOperator } = useRole();
  const [filling, setFilling] = useState(false);
  const query = useQuery(getQuery("/api/v1/overview/coverage", { query: { pipeline, limit: SHOWN } }));
  return (
    <QueryView query={query} what="The coverage" loading={<Skeleton className="h-32 w-full" />}>
      {(coverage) => (
        <>
          <CoverageGrid
            columns={coverage.partitions.map(({ partition }) => partition)}
            rows={rows(coverage)}
            label={`Partitions of ${pipeline}`}
          />
          {isOperator && (
            <Button size="small" icon={CalendarRange} className="mt-3" onClick={() => setFilling(true)}>
              Fill what is missing…
            </Button>
          )}
          <BackfillDialog pipeline={pipeline} open={filling} onOpenChange={setFilling} />
        </>
      )}
    </QueryView>
  );
}

const STATES = {
  done: "present",
  running: "running",
  queued: "queued",
  failed: "failed",
  missing: "missing",
} as const;

function rows(coverage: Coverage): CoverageRow[] {
  const tables = coverage.tables.length === 0 ? [coverage.pipeline] : coverage.tables;
  return tables.map((name) => ({ name, cells: coverage.partitions.map(({ state }) => STATES[state]) }));
}
