import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../api/client.ts";
import { getQuery } from "../api/get-query.ts";
import { useRole } from "../api/use-role.ts";
import { Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { KeyValue } from "../components/key-value.tsx";
import { Bytes, Count } from "../components/quantity.tsx";
import { QueryView } from "../components/query-view.tsx";
import { Select } from "../components/select.tsx";
import { Status } from "../components/status.tsx";
import { TextLink } from "../components/text-link.tsx";
import { Time } from "../components/time.tsx";
import { type DocumentDetail, fieldsOf } from "../features/documents/document-fields.ts";
import { PageView } from "../features/documents/page-view.tsx";
import { ReviewForm } from "../features/documents/review-form.tsx";
import { TransitionsTable } from "../features/documents/transitions-table.tsx";
import { useCommand } from "../features/shared/use-command.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { useTopics } from "../live/live-provider.tsx";

const TOPICS = ["sources:documents"];
const STAGES = ["classified", "text", "ocr", "entities", "extracted", "checked", "landed"] as const;

/** One document: its pages with what was read on them, its fields to correct, and everything that happened to it. */
export function DocumentPage(): ReactNode {
  const { id } = useParams({ from: "/shell/documents/$id" });
  const query = useQuery(getQuery("/api/v1/documents/{id}", { path: { id } }));
  useTopics(TOPICS);
  const { data } = query;
  return (
    <>
      <PageHeader
        title={data?.name ?? "Document"}
        above={<TextLink to="/documents">Documents</TextLink>}
        status={data === undefined ? undefined : <Status status={data.state} />}
        actions={data === undefined ? undefined : <Reprocess document={data} />}
      />
      <QueryView query={query} what="The document">
        {(document) => <Parts key={`${document.id} ${document.changedAt}`} document={document} />}
      </QueryView>
    </>
  );
}

function Parts({ document }: { readonly document: DocumentDetail }): ReactNode {
  const [current, setCurrent] = useState<string>();
  const fields = fieldsOf(document);
  const open = document.decisions.find(({ answeredAt }) => answeredAt === null);
  const refused = document.decisions.at(-1)?.refused;
  return (
    <div className="space-y-5">
      {document.error !== null && (
        <Card title={document.error.code}>
          <p className="text-failed" dir="auto">
            {document.error.message}
          </p>
        </Card>
      )}
      {open !== undefined && (
        <Card>
          <p>
            {open.by} decided <strong>{open.kind}</strong>. It is followed as soon as{" "}
            <TextLink to="/pipelines/$name" params={{ name: document.pipeline }}>
              {document.pipeline}
            </TextLink>{" "}
            runs.
          </p>
        </Card>
      )}
      {refused != null && (
        <Card>
          <p className="text-late">The last decision was not followed: {refused}.</p>
        </Card>
      )}
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Card title="Pages">
          <PageView document={document} places={fields.places} current={current} onPick={setCurrent} />
        </Card>
        <Card
          title="Fields"
          note={document.confidence === null ? undefined : `${Math.round(document.confidence * 100)} % sure`}
        >
          <ReviewForm document={document} fields={fields} current={current} onPick={setCurrent} />
        </Card>
      </div>
      <Card title="What happened" flush>
        <TransitionsTable rows={document.transitions} />
      </Card>
      <Card title="File">
        <KeyValue columns items={facts(document)} />
      </Card>
    </div>
  );
}

function Reprocess({ document }: { readonly document: DocumentDetail }): ReactNode {
  const command = useCommand();
  const { isOperator } = useRole();
  const [stage, setStage] = useState("");
  if (!isOperator || document.state === "waiting" || document.state === "landing") return null;
  const body = stage === "" ? null : { stage };
  const start = (): Promise<boolean> =>
    command.run({
      title: `${document.name} is done again`,
      act: () =>
        api.POST("/api/v1/documents/{id}/reprocess", { params: { path: { id: document.id } }, body }),
    });
  return (
    <>
      <Select
        label="Stage to begin at"
        value={stage}
        choices={[
          { value: "", label: document.state === "failed" ? "From where it failed" : "From the first stage" },
          ...STAGES.map((name) => ({ value: name as string, label: `From ${name}` })),
        ]}
        onChange={setStage}
      />
      <Button icon={RotateCw} busy={command.busy} onClick={() => void start()}>
        Do again
      </Button>
    </>
  );
}

function facts(document: DocumentDetail): readonly (readonly [string, ReactNode])[] {
  return [
    [
      "Now at",
      <code key="file" className="text-sm break-all">
        {document.file}
      </code>,
    ],
    ["Type", document.type ?? "–"],
    ["Size", <Bytes key="bytes" value={document.bytes} />],
    ["Pages", <Count key="pages" value={document.pages} />],
    ["Received", <Time key="at" at={document.receivedAt} />],
    [
      "Pipeline",
      <TextLink key="pipeline" to="/pipelines/$name" params={{ name: document.pipeline }}>
        {document.pipeline}
      </TextLink>,
    ],
    [
      "SHA-256",
      <code key="hash" className="text-xs break-all">
        {document.sha256 ?? "–"}
      </code>,
    ],
  ];
}
