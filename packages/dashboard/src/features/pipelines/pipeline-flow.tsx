import type { ReactNode } from "react";
import { FlowDiagram, type FlowStage } from "../../charts/flow-diagram.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { formatNumberOf, formatShortCount } from "../../format/format-count.ts";
import type { PipelineDetail } from "../shared/api-types.ts";

/** Where the rows come from, what happens to them, and where they land. */
export function PipelineFlow({ pipeline }: { readonly pipeline: PipelineDetail }): ReactNode {
  return <FlowDiagram label={`The way of the rows of ${pipeline.name}`} stages={stagesOf(pipeline)} />;
}

function stagesOf(pipeline: PipelineDetail): readonly FlowStage[] {
  const { definition } = pipeline;
  const source: FlowStage = {
    id: "source",
    heading: "Source",
    boxes: [
      {
        id: "source",
        title: definition?.source.kind ?? pipeline.source ?? "source",
        detail: definition?.source.endless === true ? "runs until it is stopped" : readWords(pipeline),
      },
    ],
  };
  const transforms: FlowStage = {
    id: "transforms",
    heading: "Transforms",
    boxes: (definition?.transforms ?? []).map((transform, index) => ({
      id: String(index),
      title: transform.kind,
      ...(transform.holds === "nothing" ? {} : { detail: `keeps rows until the ${transform.holds}` }),
    })),
  };
  const tables: FlowStage = {
    id: "tables",
    heading: `Tables in ${definition?.destination.kind ?? pipeline.destination ?? "the destination"}`,
    boxes: tableBoxes(pipeline),
  };
  return [source, ...(transforms.boxes.length === 0 ? [] : [transforms]), tables];
}

function readWords(pipeline: PipelineDetail): string | undefined {
  const read = pipeline.tables.reduce((sum, table) => sum + table.read, 0);
  return read === 0 ? undefined : `${formatNumberOf(read, "row")} read last`;
}

function tableBoxes(pipeline: PipelineDetail): FlowStage["boxes"] {
  const declared = pipeline.definition?.tables ?? [];
  const names = [
    ...new Set([...declared.map((table) => table.table), ...pipeline.tables.map((table) => table.table)]),
  ];
  if (names.length === 0)
    return [{ id: "none", title: "not known yet", detail: "Tables come with the first rows." }];
  return names.map((name) => {
    const last = pipeline.tables.find((table) => table.table === name);
    const mode = declared.find((table) => table.table === name)?.mode;
    const counts = last === undefined ? "not written yet" : changedWords(last);
    return {
      id: name,
      title: name,
      detail: [mode, counts].filter(Boolean).join(" · "),
      tone: last !== undefined && last.rejected > 0 ? "bad" : "accent",
      ...(last === undefined
        ? {}
        : {
            link: (title: ReactNode) => (
              <TextLink to="/data/$table" params={{ table: name }}>
                {title}
              </TextLink>
            ),
          }),
    };
  });
}

function changedWords(last: PipelineDetail["tables"][number]): string {
  const parts = (["inserted", "updated", "removed"] as const)
    .filter((key) => last[key] > 0)
    .map((key) => `${formatShortCount(last[key])} ${key}`);
  return parts.length === 0 ? "nothing changed last" : `${parts.join(", ")} last`;
}
