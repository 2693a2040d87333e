import { useNavigate, useSearch } from "@tanstack/react-router";
import { Radio } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { SearchInput } from "../components/input.tsx";
import { Select } from "../components/select.tsx";
import { AllLines } from "../features/logs/all-lines.tsx";
import { LOG_LEVELS, logLevel } from "../features/logs/log-levels.ts";
import { PipelinePicker } from "../features/pipelines/pipeline-picker.tsx";
import { useDebounced } from "../features/shared/use-debounced.ts";
import { PageHeader } from "../layout/page-header.tsx";

/** What all runs and the platform itself logged, newest first. */
export function LogsPage(): ReactNode {
  const { q = "", level, pipeline = "" } = useSearch({ from: "/shell/logs" });
  const navigate = useNavigate();
  const [live, setLive] = useState(true);
  const known = logLevel(level);
  const filter = (next: { q?: string; level?: string; pipeline?: string }): void => {
    const search = { q, level: known ?? "", pipeline, ...next };
    void navigate({
      to: "/logs",
      search: {
        q: search.q || undefined,
        level: search.level || undefined,
        pipeline: search.pipeline || undefined,
      },
      replace: true,
    });
  };
  const [text, setText] = useDebounced(q, (next) => filter({ q: next }));
  return (
    <>
      <PageHeader title="Logs" description="Lines of all runs and of Millrace itself, newest first." />
      <Card flush>
        <div className="flex flex-wrap items-center gap-2 border-b border-line p-3">
          <SearchInput
            value={text}
            onChange={setText}
            label="Search messages and fields"
            className="min-w-0 flex-1 basis-60"
          />
          <Select
            label="Level"
            value={known ?? ""}
            choices={LOG_LEVELS}
            onChange={(next) => filter({ level: next })}
          />
          <PipelinePicker
            value={pipeline}
            onChange={(next) => filter({ pipeline: next })}
            all="All pipelines"
          />
          <Button
            icon={Radio}
            kind={live ? "primary" : "secondary"}
            aria-pressed={live}
            onClick={() => setLive(!live)}
          >
            Live
          </Button>
        </div>
        <AllLines search={q} level={known} pipeline={pipeline} live={live} />
      </Card>
    </>
  );
}
