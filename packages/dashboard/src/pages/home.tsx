import { useQuery } from "@tanstack/react-query";
import { Workflow } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery } from "../api/get-query.ts";
import { Card } from "../components/card.tsx";
import { CodeBlock } from "../components/code-block.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { ErrorState } from "../components/error-state.tsx";
import { Attention } from "../features/home/attention.tsx";
import { CalendarCard } from "../features/home/calendar-card.tsx";
import { CoverageCard } from "../features/home/coverage-card.tsx";
import { ErrorsCard } from "../features/home/errors-card.tsx";
import { Freshness } from "../features/home/freshness.tsx";
import { HealthSentence } from "../features/home/health-sentence.tsx";
import { NotificationsCard } from "../features/home/notifications-card.tsx";
import { QueueCard } from "../features/home/queue-card.tsx";
import { RunningNow } from "../features/home/running-now.tsx";
import { SchemaDrift } from "../features/home/schema-drift.tsx";
import { StorageCard } from "../features/home/storage-card.tsx";
import { Strips } from "../features/home/strips.tsx";
import { Timeline } from "../features/home/timeline.tsx";
import { Volume } from "../features/home/volume.tsx";
import { WorkersCard } from "../features/home/workers-card.tsx";
import { PageHeader } from "../layout/page-header.tsx";
import { PagePending } from "../layout/page-pending.tsx";

/** One look: are the data fresh, what failed, why, what changed. The order of docs: health first, then what needs somebody. */
export function HomePage(): ReactNode {
  const overview = useQuery(getQuery("/api/v1/overview"));
  // What decides how high the top of the page is comes together, so that nothing below it jumps.
  const attention = useQuery(getQuery("/api/v1/overview/attention", { query: { limit: 20 } }));
  if (overview.isError && overview.data === undefined) {
    return (
      <Card>
        <ErrorState
          error={overview.error}
          title="The overview could not be loaded"
          onRetry={() => void overview.refetch()}
        />
      </Card>
    );
  }
  if (overview.data === undefined || attention.isPending) return <PagePending />;
  if (overview.data.pipelines === 0) return <FirstSteps />;
  return (
    <>
      <HealthSentence overview={overview.data} />
      <div className="grid gap-4 xl:grid-cols-2">
        <Attention className="xl:col-span-2" />
        <Strips className="xl:col-span-2" />
        <Freshness />
        <Volume />
        <Timeline className="xl:col-span-2" />
        <RunningNow className="xl:col-span-2" />
        <ErrorsCard className="xl:col-span-2" />
        <QueueCard />
        <WorkersCard />
        <SchemaDrift />
        <NotificationsCard />
        <CalendarCard className="xl:col-span-2" />
        <CoverageCard className="xl:col-span-2" />
        <StorageCard className="xl:col-span-2" />
      </div>
    </>
  );
}

const NEW = `npx millrace new orders
npx millrace run orders`;

function FirstSteps(): ReactNode {
  return (
    <>
      <PageHeader title="Welcome to Millrace" />
      <Card>
        <EmptyState icon={Workflow} title="No pipelines yet">
          <p>
            A pipeline is one file in the folder <code className="font-mono">pipelines</code> of your project.
            It shows up here within seconds, without a restart.
          </p>
          <CodeBlock
            code={NEW}
            label="Commands that make and run a pipeline"
            className="mt-4 text-left text-ink"
          />
        </EmptyState>
      </Card>
    </>
  );
}
