import { useQuery } from "@tanstack/react-query";
import { Table2 } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { PartitionCoverage } from "./partition-coverage.tsx";
import { Time } from "../../components/time.tsx";
import { RunTables } from "../runs/run-tables.tsx";
import type { PipelineDetail } from "../shared/api-types.ts";
import { SchemaChanges } from "./schema-changes.tsx";

/** The tables that a pipeline writes, how their columns changed, and where its reading has come to. */
export function TablesTab({ pipeline }: { readonly pipeline: PipelineDetail }): ReactNode {
  return (
    <div className="space-y-4">
      <Card title="Tables" note="Counts of the last run that wrote each." flush>
        {pipeline.tables.length === 0 ? (
          <EmptyState icon={Table2} title="Nothing was written yet">
            Tables show up here with the first run that writes rows.
          </EmptyState>
        ) : (
          <RunTables
            tables={pipeline.tables}
            note={(table) => {
              const found = pipeline.tables.find((one) => one.table === table);
              return found === undefined ? null : (
                <TextLink to="/runs/$id" params={{ id: found.run }}>
                  <Time at={found.at} />
                </TextLink>
              );
            }}
          />
        )}
      </Card>
      <Coverage pipeline={pipeline.name} />
      <Card title="Changes of columns" note="Columns that came or became wider." flush>
        <SchemaChanges pipeline={pipeline.name} />
      </Card>
    </div>
  );
}

function Coverage({ pipeline }: { readonly pipeline: string }): ReactNode {
  const query = useQuery(getQuery("/api/v1/overview/coverage", { query: { pipeline, limit: 200 } }));
  if (query.isPending)
    return (
      <Card title="Parts">
        <SkeletonRows rows={2} />
      </Card>
    );
  if (query.error !== null)
    return (
      <Card title="Parts">
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      </Card>
    );
  if (query.data.partitions.length === 0) return null;
  return <PartitionCoverage data={query.data} />;
}
