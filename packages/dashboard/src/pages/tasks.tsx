import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Tabs } from "../components/tabs.tsx";
import { JobsTab } from "../features/tasks/jobs-tab.tsx";
import { TasksTab } from "../features/tasks/tasks-tab.tsx";
import { PageHeader } from "../layout/page-header.tsx";

/** Tasks, their jobs, and those that failed for good. */
export function TasksPage(): ReactNode {
  const { tab = "tasks" } = useSearch({ from: "/shell/tasks" });
  const navigate = useNavigate();
  return (
    <>
      <PageHeader
        title="Tasks"
        description="Functions that are queued with what they are to do, and retried where they fail."
      />
      <Tabs
        label="Tasks and jobs"
        value={tab}
        onChange={(id) =>
          void navigate({ to: "/tasks", search: id === "tasks" ? {} : { tab: id }, replace: true })
        }
        tabs={[
          { id: "tasks", label: "Tasks", content: () => <TasksTab /> },
          { id: "jobs", label: "Jobs", content: () => <JobsTab dead={false} /> },
          { id: "dead", label: "Dead letters", content: () => <JobsTab dead /> },
        ]}
      />
    </>
  );
}
