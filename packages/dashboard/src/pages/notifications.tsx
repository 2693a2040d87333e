import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Tabs } from "../components/tabs.tsx";
import { ChannelsTab } from "../features/notifications/channels-tab.tsx";
import { MutesTab } from "../features/notifications/mutes-tab.tsx";
import { RulesTab } from "../features/notifications/rules-tab.tsx";
import { SentTab } from "../features/notifications/sent-tab.tsx";
import { PageHeader } from "../layout/page-header.tsx";

/** Who is told what, by which channel, and what is muted. */
export function NotificationsPage(): ReactNode {
  const { tab = "sent" } = useSearch({ from: "/shell/notifications" });
  const navigate = useNavigate();
  return (
    <>
      <PageHeader title="Notifications" description="Who was told what, and how it is decided." />
      <Tabs
        label="Notifications"
        value={tab}
        onChange={(id) =>
          void navigate({ to: "/notifications", search: id === "sent" ? {} : { tab: id }, replace: true })
        }
        tabs={[
          { id: "sent", label: "Messages", content: () => <SentTab /> },
          { id: "channels", label: "Channels", content: () => <ChannelsTab /> },
          { id: "rules", label: "Rules", content: () => <RulesTab /> },
          { id: "mutes", label: "Mutes", content: () => <MutesTab /> },
        ]}
      />
    </>
  );
}
