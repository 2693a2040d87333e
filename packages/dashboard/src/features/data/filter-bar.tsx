import { ListFilter, X } from "lucide-react";
import { Popover } from "radix-ui";
import { useState, type FormEvent, type ReactNode } from "react";
import { Button } from "../../components/button.tsx";
import { Field } from "../../components/field.tsx";
import { Input } from "../../components/input.tsx";
import { Select } from "../../components/select.tsx";
import type { TableColumn } from "../shared/api-types.ts";
import { filterWords, OPERATOR_CHOICES, takesValue, type Operator, type RowFilter } from "./row-filters.ts";

interface FilterBarProps {
  readonly columns: readonly TableColumn[];
  readonly filters: readonly RowFilter[];
  readonly onChange: (filters: readonly RowFilter[]) => void;
}

/** The conditions that rows have to fulfil, all of them: each can be taken away, further ones added. */
export function FilterBar({ columns, filters, onChange }: FilterBarProps): ReactNode {
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-2">
      <AddFilter
        columns={columns}
        onAdd={(filter) => {
          onChange([...filters, filter]);
        }}
      />
      {filters.map((filter, index) => (
        <span
          key={`${filterWords(filter)}${String(index)}`}
          className="flex max-w-full items-center gap-1 rounded-full bg-accent-soft py-1 pr-1 pl-3 text-sm"
        >
          <span className="truncate">{filterWords(filter)}</span>
          <button
            type="button"
            aria-label={`Remove the filter: ${filterWords(filter)}`}
            className="inline-flex size-6 shrink-0 items-center justify-center rounded-full hover:bg-hover"
            onClick={() => {
              onChange(filters.filter((_, at) => at !== index));
            }}
          >
            <X aria-hidden className="size-3.5" />
          </button>
        </span>
      ))}
      {filters.length > 1 && (
        <Button
          size="small"
          kind="quiet"
          onClick={() => {
            onChange([]);
          }}
        >
          Remove all
        </Button>
      )}
    </div>
  );
}

function AddFilter({
  columns,
  onAdd,
}: {
  readonly columns: readonly TableColumn[];
  readonly onAdd: (filter: RowFilter) => void;
}): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button icon={ListFilter}>Filter</Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={6}
          collisionPadding={8}
          aria-label="Add a filter"
          className="z-50 w-72 animate-appear rounded-lg border border-line bg-raised p-4 shadow-pop"
        >
          <FilterForm
            columns={columns}
            onAdd={(filter) => {
              onAdd(filter);
              setOpen(false);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function FilterForm({
  columns,
  onAdd,
}: {
  readonly columns: readonly TableColumn[];
  readonly onAdd: (filter: RowFilter) => void;
}): ReactNode {
  const [column, setColumn] = useState(columns[0]?.name ?? "");
  const [operator, setOperator] = useState<Operator>("=");
  const [value, setValue] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onAdd(takesValue(operator) ? { column, operator, value } : { column, operator });
  };
  return (
    <form onSubmit={submit} className="space-y-3">
      <Field label="Column">
        {(attributes) => (
          <Select
            {...attributes}
            value={column}
            choices={columns.map(({ name }) => ({ value: name, label: name }))}
            onChange={setColumn}
            className="w-full"
          />
        )}
      </Field>
      <Field label="Condition">
        {(attributes) => (
          <Select
            {...attributes}
            value={operator}
            choices={OPERATOR_CHOICES}
            onChange={setOperator}
            className="w-full"
          />
        )}
      </Field>
      {takesValue(operator) && (
        <Field label="Value" hint={columns.find(({ name }) => name === column)?.type}>
          {(attributes) => (
            <Input
              {...attributes}
              value={value}
              onChange={(event) => {
                setValue(event.target.value);
              }}
              autoFocus
              autoComplete="off"
            />
          )}
        </Field>
      )}
      <Button type="submit" kind="primary" className="w-full">
        Add the filter
      </Button>
    </form>
  );
}
