import { SlidersHorizontal } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Badge } from "../../components/status.tsx";
import type { PipelineDetail } from "../shared/api-types.ts";
import { paramFields } from "./param-fields.ts";

/** What a run of the pipeline can be given. */
export function ParametersTab(props: {
  readonly pipeline: PipelineDetail;
  readonly onRun: () => void;
}): ReactNode {
  const { pipeline, onRun } = props;
  const fields = paramFields(pipeline.paramsSchema, pipeline.params);
  if (fields.length === 0)
    return (
      <Card>
        <EmptyState icon={SlidersHorizontal} title="It takes no parameters">
          Declare them with <code className="font-mono">params</code> in {pipeline.file}: a run is then asked
          for with a form.
        </EmptyState>
      </Card>
    );
  return (
    <div className="space-y-4">
      <Card
        title="Parameters"
        note="With the values that a run gets where nobody says otherwise."
        actions={
          <Button size="small" onClick={onRun}>
            Run with others
          </Button>
        }
        flush
      >
        <ul className="divide-y divide-line border-t border-line">
          {fields.map((field) => (
            <li
              key={field.name}
              className="grid gap-x-4 gap-y-1 px-4 py-2.5 sm:grid-cols-[minmax(8rem,14rem)_6rem_minmax(0,1fr)]"
            >
              <span className="font-medium wrap-anywhere">
                {field.name} {field.required && <Badge tone="late">needed</Badge>}
              </span>
              <span className="text-sm text-muted">{field.kind}</span>
              <span className="min-w-0">
                {field.initial !== "" && (
                  <code className="font-mono text-sm wrap-anywhere">{field.initial}</code>
                )}
                {field.description !== undefined && (
                  <span className="block text-sm text-muted">{field.description}</span>
                )}
              </span>
            </li>
          ))}
        </ul>
      </Card>
      {pipeline.paramsSchema !== null && (
        <Card title="As JSON Schema">
          <CodeBlock label="Schema of the parameters" code={JSON.stringify(pipeline.paramsSchema, null, 2)} />
        </Card>
      )}
    </div>
  );
}
