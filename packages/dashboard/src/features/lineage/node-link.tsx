import type { ReactNode } from "react";
import { TextLink } from "../../components/text-link.tsx";
import type { LineageGraph } from "../shared/api-types.ts";

/** The name of a node, leading to its own page where it has one. */
export function NodeLink({ node }: { readonly node: LineageGraph["nodes"][number] }): ReactNode {
  if (node.kind === "pipeline")
    return (
      <TextLink to="/pipelines/$name" params={{ name: node.name }}>
        {node.name}
      </TextLink>
    );
  if (node.kind === "table")
    return (
      <TextLink to="/data/$table" params={{ table: node.name }}>
        {node.name}
      </TextLink>
    );
  return <span>{node.name}</span>;
}
