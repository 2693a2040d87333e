import { useQuery } from "@tanstack/react-query";
import { useId, useState, type ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { Input } from "../../components/input.tsx";

interface PipelinePickerProps {
  /** Name of the pipeline; empty: all. */
  readonly value: string;
  readonly onChange: (name: string) => void;
  /** What nothing stands for, such as `All pipelines`. */
  readonly all: string;
  readonly className?: string;
}

const OFFERED = 30;

/** Chooses one of maybe thousands of pipelines by typing a part of its name. */
export function PipelinePicker({ value, onChange, all, className }: PipelinePickerProps): ReactNode {
  const id = useId();
  const [text, setText] = useState(value);
  const { data } = useQuery(
    getQuery("/api/v1/pipelines", { query: { limit: OFFERED, ...(text === "" ? {} : { search: text }) } }),
  );
  const names = (data?.items ?? []).map(({ name }) => name);
  const change = (next: string): void => {
    setText(next);
    if (next === "" || names.includes(next)) onChange(next);
  };
  return (
    <>
      <Input
        list={id}
        type="search"
        aria-label={all}
        placeholder={all}
        value={text}
        onChange={(event) => change(event.target.value)}
        width={className ?? "w-full sm:w-56"}
      />
      <datalist id={id}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}
