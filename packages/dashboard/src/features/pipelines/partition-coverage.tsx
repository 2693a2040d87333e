import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Answer } from "../../api/get-query.ts";
import { CoverageGrid, type Coverage } from "../../charts/coverage-grid.tsx";
import { Card } from "../../components/card.tsx";
import { TextLink } from "../../components/text-link.tsx";

const STATES: Readonly<Record<string, Coverage>> = {
  done: "present",
  running: "running",
  queued: "queued",
  failed: "failed",
  missing: "missing",
};

/** Which parts of which table are there; a part opens the run that was for it. */
export function PartitionCoverage({
  data,
}: {
  readonly data: Answer<"/api/v1/overview/coverage">;
}): ReactNode {
  const navigate = useNavigate();
  const { partitions, pipeline } = data;
  const tables = data.tables.length === 0 ? [pipeline] : data.tables;
  return (
    <Card
      title="Parts that are there"
      note="A tick is there, a cross failed, a dot is missing."
      actions={
        <TextLink
          to="/pipelines/$name"
          params={{ name: pipeline }}
          search={{ tab: "tables", action: "backfill" }}
        >
          Fill what is missing
        </TextLink>
      }
    >
      <CoverageGrid
        label="Parts of the tables"
        columns={partitions.map((part) => part.partition)}
        rows={tables.map((table) => ({ name: table, cells: partitions.map((part) => STATES[part.state]) }))}
        onOpen={(_, column) => {
          const part = partitions.find((one) => one.partition === column);
          if (part !== undefined) void navigate({ to: "/runs/$id", params: { id: part.run } });
        }}
      />
    </Card>
  );
}
