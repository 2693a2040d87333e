import type { ReactNode } from "react";
import type { Answer } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import type { Column } from "../../components/column.ts";
import { DataTable } from "../../components/data-table.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Bytes, Count } from "../../components/quantity.tsx";
import { Time } from "../../components/time.tsx";
import { formatBytes } from "../../format/format-bytes.ts";
import { formatNumberOf } from "../../format/format-count.ts";

type Objects = Answer<"/api/v1/storage">["objects"][number];
type Kind = Objects["kinds"][number];

const KINDS: readonly Column<Kind>[] = [
  { id: "kind", header: "Kind", cell: ({ kind }) => kind, sortValue: ({ kind }) => kind, text: true },
  {
    id: "objects",
    header: "Objects",
    align: "end",
    width: "w-32",
    cell: ({ objects }) => <Count value={objects} />,
    sortValue: ({ objects }) => objects,
  },
  {
    id: "bytes",
    header: "Size",
    align: "end",
    width: "w-28",
    cell: ({ bytes }) => <Bytes value={bytes} />,
    sortValue: ({ bytes }) => bytes,
  },
];

/** A storage of objects: what it holds, how full it is, and what would be removed now. */
export function ObjectsCard({ storage }: { readonly storage: Objects }): ReactNode {
  const { place, objects, contents, storedBytes, quotaBytes, dueObjects, dueBytes, heldObjects, lookedAt } =
    storage;
  return (
    <Card title={`Objects in ${place}`} className="xl:col-span-2">
      <KeyValue
        columns
        items={[
          ["Objects", <Count key="n" value={objects} />],
          ["Contents", <Count key="n" value={contents} />],
          ["They take", <Bytes key="n" value={storedBytes} />],
          [
            "Quota",
            quotaBytes === null
              ? "none"
              : `${formatBytes(quotaBytes)}, ${Math.round((storedBytes / quotaBytes) * 100)} % used`,
          ],
          ["Due to be removed", `${formatNumberOf(dueObjects, "object")}, ${formatBytes(dueBytes)}`],
          ["Held back", formatNumberOf(heldObjects, "object")],
          ["Looked at", <Time key="n" at={lookedAt} />],
        ]}
      />
      <DataTable
        label={`Kinds of objects in ${place}`}
        rows={storage.kinds}
        columns={KINDS}
        rowKey={({ kind }) => kind}
        sort={{ column: "bytes", descending: true }}
        empty={<p className="text-muted">Nothing is stored yet.</p>}
      />
    </Card>
  );
}
