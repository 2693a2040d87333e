import { Search, X } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** Class names that all fields share. */
export const FIELD =
  "h-9 min-w-0 rounded-md border border-line-strong bg-surface px-3 text-base text-ink aria-invalid:border-failed disabled:opacity-55";

interface InputProps extends ComponentProps<"input"> {
  /** Class that sets how wide it is. Default: all the room there is. */
  readonly width?: string;
}

/** A line of text. Its label stands outside: see `Field`. */
export function Input({ className, width = "w-full", ...rest }: InputProps): ReactNode {
  return <input {...rest} className={classNames(FIELD, width, className)} />;
}

/** Several lines of text. */
export function TextArea({ className, ...rest }: ComponentProps<"textarea">): ReactNode {
  return (
    <textarea
      rows={4}
      {...rest}
      className={classNames(FIELD, "h-auto w-full py-2 leading-snug", className)}
    />
  );
}

interface SearchInputProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** What is searched: read out, and shown while it is empty. */
  readonly label: string;
  readonly className?: string;
}

/** Filters what is below it while somebody types. `/` goes to the first one on a page. */
export function SearchInput({ value, onChange, label, className }: SearchInputProps): ReactNode {
  return (
    <div className={classNames("relative", className)}>
      <Search
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-faint"
      />
      <input
        type="search"
        data-page-search=""
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && value !== "") onChange("");
        }}
        className={classNames(FIELD, "w-full pr-8 pl-9 [&::-webkit-search-cancel-button]:hidden")}
      />
      {value !== "" && (
        <button
          type="button"
          aria-label="Clear the search"
          onClick={() => onChange("")}
          className="absolute top-1/2 right-1.5 inline-flex size-6 -translate-y-1/2 items-center justify-center rounded-sm text-faint hover:text-ink"
        >
          <X aria-hidden className="size-4" />
        </button>
      )}
    </div>
  );
}
