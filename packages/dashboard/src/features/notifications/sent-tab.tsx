import { Bell } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { Answer } from "../../api/get-query.ts";
import type { Column } from "../../components/column.ts";
import { Dialog } from "../../components/dialog.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { PageList } from "../../components/page-list.tsx";
import { Status } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { usePages } from "../shared/use-pages.ts";

type Notification = Answer<"/api/v1/notifications">["items"][number];

const COLUMNS: readonly Column<Notification>[] = [
  { id: "status", header: "State", width: "w-28", cell: ({ status }) => <Status quiet status={status} /> },
  { id: "title", header: "Message", cell: ({ title }) => <span title={title}>{title}</span>, text: true },
  { id: "channel", header: "Channel", from: "md", width: "w-40", cell: ({ channel }) => channel, text: true },
  { id: "severity", header: "Severity", from: "lg", width: "w-28", cell: ({ severity }) => severity },
  { id: "rule", header: "Rule", from: "xl", width: "w-48", cell: ({ rule }) => rule ?? "–", text: true },
  {
    id: "at",
    header: "When",
    align: "end",
    width: "w-28",
    cell: ({ sentAt, createdAt }) => <Time at={sentAt ?? createdAt} />,
  },
];

/** Messages that were sent, wait or could not be sent; newest first. */
export function SentTab(): ReactNode {
  const pages = usePages("/api/v1/notifications", { query: { limit: 100 } });
  const [opened, setOpened] = useState<Notification>();
  return (
    <>
      <PageList
        pages={pages}
        what="notifications"
        columns={COLUMNS}
        rowKey={({ id }) => id}
        onOpen={setOpened}
        empty={
          <EmptyState icon={Bell} title="Nobody was told of anything yet">
            Channels and rules are set in <code className="font-mono">millrace.config.ts</code> under{" "}
            <code className="font-mono">notifications</code>. The tab Channels can send a test.
          </EmptyState>
        }
      />
      {opened !== undefined && <Opened sent={opened} onClose={() => setOpened(undefined)} />}
    </>
  );
}

function Opened({ sent, onClose }: { readonly sent: Notification; readonly onClose: () => void }): ReactNode {
  return (
    <Dialog open onOpenChange={onClose} title={sent.title} wide>
      <pre className="mb-4 rounded-md bg-sunken p-3 font-sans whitespace-pre-wrap wrap-anywhere" dir="auto">
        {sent.text}
      </pre>
      <KeyValue
        items={[
          ["State", <Status key="s" status={sent.status} />],
          ["Channel", sent.channel],
          ["Rule", sent.rule ?? "–"],
          ["Created", <Time key="t" absolute at={sent.createdAt} />],
          ["Sent", <Time key="t" absolute at={sent.sentAt} never="not yet" />],
          ["Tries", sent.attempts],
          ["Last error", sent.lastError ?? undefined],
          [
            "Run",
            sent.run === null ? undefined : (
              <TextLink key="r" to="/runs/$id" params={{ id: sent.run }}>
                {sent.run}
              </TextLink>
            ),
          ],
        ]}
      />
    </Dialog>
  );
}
