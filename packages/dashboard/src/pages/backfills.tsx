import { useNavigate, useSearch } from "@tanstack/react-router";
import { CalendarRange, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useRole } from "../api/use-role.ts";
import { Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { ErrorState } from "../components/error-state.tsx";
import { LoadMore } from "../components/load-more.tsx";
import { Select } from "../components/select.tsx";
import { SkeletonRows } from "../components/skeleton.tsx";
import { BackfillCard } from "../features/backfills/backfill-card.tsx";
import { BackfillDialog } from "../features/backfills/backfill-dialog.tsx";
import { usePages } from "../features/shared/use-pages.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { useTopics } from "../live/live-provider.tsx";

const TOPICS = ["runs"];

/** Pipelines that are, or were, run again for days or other parts. */
export function BackfillsPage(): ReactNode {
  useTopics(TOPICS);
  const { pipeline } = useSearch({ from: "/shell/backfills" });
  const navigate = useNavigate({ from: "/backfills" });
  const { isOperator } = useRole();
  const [asked, setAsked] = useState(false);
  const pages = usePages("/api/v1/backfills", {
    query: { limit: 20, ...(pipeline === undefined ? {} : { pipeline }) },
  });
  const pipelines = usePages("/api/v1/pipelines", { query: { limit: 500 } });
  const names = [
    ...new Set([...pipelines.items.map((item) => item.name), ...(pipeline === undefined ? [] : [pipeline])]),
  ];
  const choose = (name: string): void => {
    void navigate({ search: name === "" ? {} : { pipeline: name }, replace: true });
  };
  return (
    <>
      <PageHeader
        title="Backfills"
        description="Pipelines that are run again for days or other parts of their data."
        actions={
          isOperator && (
            <Button
              kind="primary"
              icon={Plus}
              disabled={pipeline === undefined}
              title={pipeline === undefined ? "Choose a pipeline first" : undefined}
              onClick={() => {
                setAsked(true);
              }}
            >
              New backfill
            </Button>
          )
        }
      />
      <div className="mb-4 flex flex-wrap gap-2">
        <Select
          label="Pipeline"
          value={pipeline ?? ""}
          choices={[
            { value: "", label: "All pipelines" },
            ...names.map((name) => ({ value: name, label: name })),
          ]}
          onChange={choose}
          className="max-w-full sm:max-w-80"
        />
      </div>
      {pages.error !== null && pages.items.length === 0 ? (
        <Card>
          <ErrorState error={pages.error} title="The backfills could not be loaded" onRetry={pages.retry} />
        </Card>
      ) : pages.loading ? (
        <Card flush>
          <SkeletonRows rows={4} label="Loading the backfills" />
        </Card>
      ) : pages.items.length === 0 ? (
        <Card>
          <EmptyState
            icon={CalendarRange}
            title="No backfills"
            action={
              isOperator &&
              pipeline !== undefined && (
                <Button
                  onClick={() => {
                    setAsked(true);
                  }}
                >
                  Backfill {pipeline}
                </Button>
              )
            }
          >
            {pipeline === undefined
              ? "Choose a pipeline above to run it again for a range of time."
              : "It was not run again for a range of time yet."}
          </EmptyState>
        </Card>
      ) : (
        <div className="space-y-4">
          {pages.items.map((backfill) => (
            <BackfillCard key={backfill.id} backfill={backfill} />
          ))}
          <LoadMore hasMore={pages.hasMore} busy={pages.busy} onMore={pages.more} what="backfills" />
        </div>
      )}
      {pipeline !== undefined && <BackfillDialog pipeline={pipeline} open={asked} onOpenChange={setAsked} />}
    </>
  );
}
