import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Field } from "../../components/field.tsx";
import { Input, TextArea } from "../../components/input.tsx";
import { Select } from "../../components/select.tsx";
import { useToast } from "../../components/toasts.tsx";
import { formatNumberOf } from "../../format/format-count.ts";
import { BackfillPlan, type PlannedBackfill } from "./backfill-plan.tsx";

interface BackfillDialogProps {
  readonly pipeline: string;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** Day that the form begins with, `YYYY-MM-DD`. */
  readonly day?: string | undefined;
}

/** Runs a pipeline again for days or other parts: first the plan, then the start. */
export function BackfillDialog(props: BackfillDialogProps): ReactNode {
  return (
    <Dialog
      wide
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={`Backfill ${props.pipeline}`}
      description="Runs it for each part of a range of time, or for parts that you name."
    >
      <BackfillForm {...props} />
    </Dialog>
  );
}

const PARTS = [
  { value: "hour", label: "Hours" },
  { value: "day", label: "Days" },
  { value: "week", label: "Weeks" },
  { value: "month", label: "Months" },
  { value: "year", label: "Years" },
] as const;

interface Wishes {
  readonly way: "range" | "names";
  readonly from: string;
  readonly to: string;
  readonly by: (typeof PARTS)[number]["value"];
  readonly timeZone: string;
  readonly names: string;
  readonly parallel: string;
  readonly again: boolean;
}

function BackfillForm({ pipeline, day, onOpenChange }: BackfillDialogProps): ReactNode {
  const navigate = useNavigate();
  const client = useQueryClient();
  const toast = useToast();
  const [wishes, setWishes] = useState<Wishes>(() => firstWishes(day));
  const [plan, setPlan] = useState<PlannedBackfill>();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const change = (part: Partial<Wishes>): void => {
    setWishes({ ...wishes, ...part });
    // A plan of other wishes would be started unseen.
    setPlan(undefined);
  };
  const send = async (dryRun: boolean): Promise<void> => {
    setBusy(true);
    setFailure(undefined);
    try {
      const { data } = await api.POST("/api/v1/backfills", {
        headers: { "idempotency-key": crypto.randomUUID() },
        body: { ...bodyOf(pipeline, wishes), dryRun },
      });
      if (data === undefined) return;
      if (dryRun) setPlan(data);
      else {
        toast.done("The backfill is queued", formatNumberOf(data.partitions.length, "part"));
        onOpenChange(false);
        await client.invalidateQueries();
        await navigate({ to: "/backfills", search: { pipeline } });
      }
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void send(plan === undefined);
  };
  return (
    <form onSubmit={submit} className="space-y-4">
      <Range wishes={wishes} onChange={change} />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="At the same time" hint="Parts that run beside each other.">
          {(attributes) => (
            <Input
              {...attributes}
              inputMode="numeric"
              value={wishes.parallel}
              onChange={(event) => {
                change({ parallel: event.target.value });
              }}
            />
          )}
        </Field>
        <label className="flex items-start gap-2 sm:mt-6">
          <input
            type="checkbox"
            checked={wishes.again}
            onChange={(event) => {
              change({ again: event.target.checked });
            }}
            className="mt-1 accent-accent"
          />
          <span>
            Also what succeeded before
            <span className="block text-sm text-muted">Otherwise only what is missing.</span>
          </span>
        </label>
      </div>
      {failure !== undefined && <ErrorState small error={failure} />}
      {plan !== undefined && <BackfillPlan plan={plan} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button
          onClick={() => {
            onOpenChange(false);
          }}
        >
          Cancel
        </Button>
        {plan === undefined ? (
          <Button type="submit" kind="primary" busy={busy}>
            Show the plan
          </Button>
        ) : (
          <Button type="submit" kind="primary" busy={busy} disabled={plan.partitions.length === 0}>
            {plan.partitions.length === 0
              ? "Nothing to do"
              : `Start ${formatNumberOf(plan.partitions.length, "run")}`}
          </Button>
        )}
      </div>
    </form>
  );
}

function Range({
  wishes,
  onChange,
}: {
  readonly wishes: Wishes;
  readonly onChange: (part: Partial<Wishes>) => void;
}): ReactNode {
  const text = (key: "from" | "to" | "timeZone") => ({
    value: wishes[key],
    onChange: (event: { target: { value: string } }) => {
      onChange({ [key]: event.target.value });
    },
  });
  return (
    <>
      <fieldset className="flex flex-wrap gap-4">
        <legend className="sr-only">What is run again</legend>
        {(["range", "names"] as const).map((way) => (
          <label key={way} className="flex items-center gap-2">
            <input
              type="radio"
              name="way"
              checked={wishes.way === way}
              onChange={() => {
                onChange({ way });
              }}
              className="accent-accent"
            />
            {way === "range" ? "A range of time" : "Parts by name"}
          </label>
        ))}
      </fieldset>
      {wishes.way === "names" ? (
        <Field label="Names of the parts" hint="One on a line, or separated by commas.">
          {(attributes) => (
            <TextArea
              {...attributes}
              value={wishes.names}
              onChange={(event) => {
                onChange({ names: event.target.value });
              }}
            />
          )}
        </Field>
      ) : (
        <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
          <Field label="From" hint="Part of it.">
            {(attributes) => <Input {...attributes} type="date" required {...text("from")} />}
          </Field>
          <Field label="To" hint="Not part of it any more.">
            {(attributes) => <Input {...attributes} type="date" required {...text("to")} />}
          </Field>
          <Field label="Cut into">
            {(attributes) => (
              <Select
                {...attributes}
                value={wishes.by}
                choices={PARTS}
                onChange={(by) => {
                  onChange({ by });
                }}
                className="w-full"
              />
            )}
          </Field>
          <Field label="Time zone" hint="Where days begin.">
            {(attributes) => <Input {...attributes} {...text("timeZone")} />}
          </Field>
        </div>
      )}
    </>
  );
}

const DAY_MS = 86_400_000;

function firstWishes(day: string | undefined): Wishes {
  const from = day === undefined ? Date.now() - 7 * DAY_MS : Date.parse(`${day}T00:00:00Z`);
  const to = day === undefined ? Date.now() : from + DAY_MS;
  const date = (at: number): string => new Date(at).toISOString().slice(0, 10);
  return {
    way: "range",
    from: date(from),
    to: date(to),
    by: "day",
    timeZone: "UTC",
    names: "",
    parallel: "1",
    again: day !== undefined,
  };
}

function bodyOf(pipeline: string, wishes: Wishes) {
  const parallel = Number(wishes.parallel);
  const shared = {
    pipeline,
    missing: !wishes.again,
    parallel: Number.isSafeInteger(parallel) ? parallel : 0,
  };
  if (wishes.way === "range")
    return { ...shared, from: wishes.from, to: wishes.to, unit: wishes.by, timeZone: wishes.timeZone };
  return {
    ...shared,
    partitions: wishes.names
      .split(/[\n,]/)
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  };
}
