import { ChevronDown } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { classNames } from "./class-names.ts";
import { FIELD } from "./input.tsx";

interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

interface SelectProps<Value extends string> extends Omit<
  ComponentProps<"select">,
  "value" | "onChange" | "children"
> {
  readonly value: Value;
  readonly choices: readonly Choice<Value>[];
  readonly onChange: (value: Value) => void;
  /** Read out where no label stands beside it. */
  readonly label?: string;
}

/** One of several: the browser's own list, which works with every keyboard, screen reader and phone. */
export function Select<Value extends string>({
  value,
  choices,
  onChange,
  label,
  className,
  ...rest
}: SelectProps<Value>): ReactNode {
  return (
    <span className={classNames("relative inline-block", className)}>
      <select
        aria-label={label}
        {...rest}
        value={value}
        onChange={(event) => onChange(event.target.value as Value)}
        className={classNames(FIELD, "w-full appearance-none truncate pr-8")}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
      <ChevronDown
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-faint"
      />
    </span>
  );
}
