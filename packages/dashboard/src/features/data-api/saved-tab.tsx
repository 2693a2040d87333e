import { useQuery } from "@tanstack/react-query";
import { Bookmark, Plus, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import type { Column } from "../../components/column.ts";
import { DataTable } from "../../components/data-table.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Field } from "../../components/field.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Input, TextArea } from "../../components/input.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Time } from "../../components/time.tsx";
import { useCommand } from "../shared/use-command.ts";
import { FormEnd } from "./form-end.tsx";
import { useForm } from "./use-form.ts";

type Saved = Answer<"/api/v1/data-api/saved">["items"][number];

const COLUMNS: readonly Column<Saved>[] = [
  {
    id: "name",
    header: "Name",
    width: "w-48",
    cell: ({ name }) => <span title={name}>{name}</span>,
    text: true,
  },
  {
    id: "body",
    header: "Query",
    from: "sm",
    cell: ({ body, sha256 }) => (
      <code className="block truncate font-mono text-sm" title={`SHA-256 ${sha256}`}>
        {body}
      </code>
    ),
  },
  { id: "by", header: "Kept by", width: "w-32", from: "md", cell: ({ createdBy }) => createdBy, text: true },
  { id: "at", header: "Kept", align: "end", width: "w-28", cell: ({ createdAt }) => <Time at={createdAt} /> },
];

/** Queries of GraphQL that programs name by the hash of their text. */
export function SavedTab(): ReactNode {
  const { isOperator } = useRole();
  const query = useQuery(getQuery("/api/v1/data-api/saved"));
  const [saving, setSaving] = useState(false);
  const actions: Column<Saved> = {
    id: "actions",
    header: "Actions",
    align: "end",
    width: "w-20",
    cell: (saved) => <Forget saved={saved} />,
  };
  return (
    <>
      {isOperator && (
        <div className="mb-3 flex justify-end">
          <Button kind="primary" icon={Plus} onClick={() => setSaving(true)}>
            Keep a query
          </Button>
        </div>
      )}
      <Card flush>
        <QueryView query={query} what="The saved queries">
          {({ items }) => (
            <DataTable
              label="Saved queries"
              rows={items.filter(({ kind }) => kind === "graphql")}
              columns={isOperator ? [...COLUMNS, actions] : COLUMNS}
              rowKey={({ id }) => id}
              empty={
                <EmptyState icon={Bookmark} title="No saved queries">
                  With <code className="font-mono">MILLRACE_DATA_GRAPHQL=saved</code> only those are answered
                  that stand here.
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Card>
      {saving && <SaveDialog onClose={() => setSaving(false)} />}
    </>
  );
}

function Forget({ saved: { id, name } }: { readonly saved: Saved }): ReactNode {
  const command = useCommand();
  const act = (): Promise<unknown> => api.DELETE("/api/v1/data-api/saved/{id}", { params: { path: { id } } });
  return (
    <IconButton
      size="small"
      icon={Trash2}
      label={`Keep ${name} no longer`}
      onClick={() => void command.run({ title: `${name} is kept no longer`, act })}
    />
  );
}

function SaveDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState("");
  const [body, setBody] = useState("");
  const form = useForm(async () => {
    await api.PUT("/api/v1/data-api/saved", { body: { kind: "graphql", name, body } });
    onClose();
  }, "/api/v1/data-api/saved");
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Keep a query"
      description="Programs send it by its text or by the SHA-256 of that."
    >
      <form onSubmit={form.submit} className="space-y-4">
        <Field label="Name">
          {(attributes) => (
            <Input
              {...attributes}
              required
              autoFocus
              maxLength={200}
              autoComplete="off"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label="Query" hint="Each space counts: its text is what is named.">
          {(attributes) => (
            <TextArea
              {...attributes}
              required
              rows={8}
              spellCheck={false}
              className="font-mono text-sm"
              value={body}
              onChange={(event) => setBody(event.target.value)}
            />
          )}
        </Field>
        <FormEnd form={form} action="Keep" onClose={onClose} />
      </form>
    </Dialog>
  );
}
