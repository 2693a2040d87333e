import { useQuery } from "@tanstack/react-query";
import { GitCompareArrows } from "lucide-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { DiffValue, valueText } from "../../components/diff-value.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Field } from "../../components/field.tsx";
import { Input } from "../../components/input.tsx";
import { Select } from "../../components/select.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Badge, type Tone } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { formatNumberOf } from "../../format/format-count.ts";
import { formatShortDate } from "../../format/format-time.ts";
import type { RunItem, TableChanges, TableDetail } from "../shared/api-types.ts";
import { usePages } from "../shared/use-pages.ts";

/** Between which states: runs or instants; absent: the last two runs. */
export interface ChangesSearch {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

interface ChangesTabProps {
  readonly table: TableDetail;
  readonly search: ChangesSearch;
  readonly onSearch: (search: ChangesSearch) => void;
  /** Shows a row with its history. */
  readonly onRow: (key: string) => void;
}

const KINDS: Readonly<Record<TableChanges["changes"][number]["operation"], { label: string; tone: Tone }>> = {
  insert: { label: "inserted", tone: "succeeded" },
  update: { label: "updated", tone: "running" },
  remove: { label: "removed", tone: "failed" },
};

/** What happened to the rows of a table between two runs or dates. */
export function ChangesTab({ table, search, onSearch, onRow }: ChangesTabProps): ReactNode {
  const query = useQuery(
    getQuery("/api/v1/tables/{table}/changes", {
      path: { table: table.id },
      query: {
        limit: 500,
        ...(search.from === undefined ? {} : { from: search.from }),
        ...(search.to === undefined ? {} : { to: search.to }),
      },
    }),
  );
  return (
    <Card flush>
      <Between table={table} search={search} onSearch={onSearch} />
      {query.isPending ? (
        <SkeletonRows rows={8} label="Loading the changes" />
      ) : query.error !== null ? (
        <ErrorState
          error={query.error}
          title="The changes could not be read"
          onRetry={() => void query.refetch()}
        />
      ) : (
        <>
          <p className="border-b border-line px-4 py-2 text-sm text-muted">
            {formatNumberOf(query.data.changes.length, "row")}
            {query.data.more && " and more"} changed from{" "}
            <TextLink className="underline" to="/runs/$id" params={{ id: query.data.from.run }}>
              the run of
            </TextLink>{" "}
            <Time at={query.data.from.finishedAt} absolute /> to{" "}
            <TextLink className="underline" to="/runs/$id" params={{ id: query.data.to.run }}>
              the run of
            </TextLink>{" "}
            <Time at={query.data.to.finishedAt} absolute />
          </p>
          <Changes changes={query.data.changes} onRow={onRow} />
        </>
      )}
    </Card>
  );
}

function Changes({
  changes,
  onRow,
}: {
  readonly changes: TableChanges["changes"];
  readonly onRow: (key: string) => void;
}): ReactNode {
  if (changes.length === 0)
    return (
      <EmptyState icon={GitCompareArrows} title="Nothing changed">
        All rows were the same at both times. Choose an earlier beginning.
      </EmptyState>
    );
  return (
    <ul className="divide-y divide-line">
      {changes.map((change) => {
        const key = JSON.stringify(
          Object.fromEntries(Object.entries(change.key).map(([name, value]) => [name, plain(value)])),
        );
        return (
          <li
            key={`${change.operation}${key}`}
            className="grid gap-x-4 gap-y-1 px-4 py-2.5 md:grid-cols-[6rem_minmax(8rem,16rem)_minmax(0,1fr)]"
          >
            <span>
              <Badge tone={KINDS[change.operation].tone}>{KINDS[change.operation].label}</Badge>
            </span>
            <button
              type="button"
              className="min-w-0 truncate rounded-sm text-left font-medium text-accent hover:underline"
              dir="auto"
              onClick={() => {
                onRow(key);
              }}
            >
              {Object.values(change.key).map(valueText).join(", ")}
            </button>
            <dl className="flex min-w-0 flex-col gap-1">
              {Object.entries(change.fields)
                .slice(0, 12)
                .map(([name, { before, after }]) => (
                  <div key={name} className="flex min-w-0 flex-wrap items-baseline gap-x-3">
                    <dt className="text-sm text-muted">{name}</dt>
                    <dd className="min-w-0">
                      {change.operation === "update" ? (
                        <DiffValue before={before} after={after} />
                      ) : (
                        <span className="font-mono text-sm wrap-anywhere">
                          {valueText(change.operation === "insert" ? after : before)}
                        </span>
                      )}
                    </dd>
                  </div>
                ))}
            </dl>
          </li>
        );
      })}
    </ul>
  );
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Chooses two runs from those of the pipeline, or two dates. */
function Between({ table, search, onSearch }: Omit<ChangesTabProps, "onRow">): ReactNode {
  const runs = usePages("/api/v1/pipelines/{name}/runs", {
    path: { name: table.pipelines[0] ?? "" },
    query: { limit: 50, status: "succeeded" },
  });
  const [dates, setDates] = useState(isDate(search.from) || isDate(search.to));
  const [from, setFrom] = useState(dates ? local(search.from) : (search.from ?? ""));
  const [to, setTo] = useState(dates ? local(search.to) : (search.to ?? ""));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const value = (text: string): string => (dates && text !== "" ? new Date(text).toISOString() : text);
    onSearch({ ...(from === "" ? {} : { from: value(from) }), ...(to === "" ? {} : { to: value(to) }) });
  };
  const switchWay = (): void => {
    setDates(!dates);
    setFrom("");
    setTo("");
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-3 border-b border-line p-3">
      <div className="min-w-0 flex-1 basis-48 sm:max-w-64">
        <Field label="From">
          {(attributes) =>
            dates ? (
              <Input
                {...attributes}
                type="datetime-local"
                value={from}
                onChange={(event) => {
                  setFrom(event.target.value);
                }}
              />
            ) : (
              <Select
                {...attributes}
                value={from}
                choices={choices(runs.items, "The run before", from)}
                onChange={setFrom}
                className="w-full"
              />
            )
          }
        </Field>
      </div>
      <div className="min-w-0 flex-1 basis-48 sm:max-w-64">
        <Field label="To">
          {(attributes) =>
            dates ? (
              <Input
                {...attributes}
                type="datetime-local"
                value={to}
                onChange={(event) => {
                  setTo(event.target.value);
                }}
              />
            ) : (
              <Select
                {...attributes}
                value={to}
                choices={choices(runs.items, "The last run", to)}
                onChange={setTo}
                className="w-full"
              />
            )
          }
        </Field>
      </div>
      <Button type="submit" kind="primary">
        Compare
      </Button>
      <Button kind="quiet" onClick={switchWay}>
        {dates ? "Choose runs" : "Choose dates"}
      </Button>
    </form>
  );
}

function choices(runs: readonly RunItem[], none: string, chosen: string): { value: string; label: string }[] {
  const known = runs.map((run) => ({
    value: run.id,
    label: `${run.finishedAt === null ? "" : formatShortDate(Date.parse(run.finishedAt))} · ${String(run.rows.inserted)} new, ${String(run.rows.updated)} updated`,
  }));
  const missing =
    chosen !== "" && !known.some((one) => one.value === chosen)
      ? [{ value: chosen, label: chosen.slice(0, 13) }]
      : [];
  return [{ value: "", label: none }, ...missing, ...known];
}

function isDate(text: string | undefined): boolean {
  return text !== undefined && /^\d{4}-\d{2}-\d{2}T/.test(text);
}

/** An instant as a field for date and time shows it: in the reader's own zone. */
function local(text: string | undefined): string {
  if (text === undefined || !isDate(text)) return "";
  const at = new Date(text);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
