import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** `primary`: the one thing to do here; `secondary`: the rest; `quiet`: inside of tables and headers; `danger`: it takes something away. */
export type ButtonKind = "primary" | "secondary" | "quiet" | "danger";

interface ButtonProps extends Omit<ComponentProps<"button">, "children"> {
  readonly children: ReactNode;
  readonly kind?: ButtonKind;
  readonly size?: "small" | "normal";
  readonly icon?: LucideIcon;
  /** What it does is under way: it cannot be pressed again. */
  readonly busy?: boolean;
}

const KINDS: Readonly<Record<ButtonKind, string>> = {
  primary: "bg-accent text-on-accent border-transparent hover:bg-accent-strong",
  secondary: "bg-surface text-ink border-line hover:bg-hover",
  quiet: "bg-transparent text-muted border-transparent hover:bg-hover hover:text-ink",
  danger: "bg-danger text-on-danger border-transparent hover:bg-danger-strong",
};
const SIZES = { small: "h-7 px-2 text-sm gap-1.5", normal: "h-9 px-3 text-base gap-2" } as const;

/** Class names of a button, for links that look like one. */
export function buttonClass(kind: ButtonKind = "secondary", size: "small" | "normal" = "normal"): string {
  return classNames(
    "inline-flex shrink-0 items-center justify-center rounded-md border font-medium whitespace-nowrap transition-colors",
    "disabled:opacity-55 disabled:pointer-events-none",
    KINDS[kind],
    SIZES[size],
  );
}

/** Something to press. */
export function Button({
  children,
  kind,
  size,
  icon: Icon,
  busy,
  className,
  ...rest
}: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      disabled={busy === true || rest.disabled === true}
      aria-busy={busy === true ? true : undefined}
      className={classNames(buttonClass(kind, size), className)}
    >
      {busy === true ? (
        <LoaderCircle aria-hidden className="size-4 animate-spin" />
      ) : (
        Icon !== undefined && <Icon aria-hidden className="size-4" />
      )}
      {children}
    </button>
  );
}
