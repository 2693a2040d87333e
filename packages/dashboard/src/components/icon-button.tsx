import type { LucideIcon } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { classNames } from "./class-names.ts";
import { Tip } from "./tip.tsx";

interface IconButtonProps extends Omit<ComponentProps<"button">, "children" | "aria-label"> {
  readonly icon: LucideIcon;
  /** What it does: read out, and shown on hover. */
  readonly label: string;
  readonly size?: "small" | "normal";
}

/** A button that is only an icon. */
export function IconButton({
  icon: Icon,
  label,
  size = "normal",
  className,
  ...rest
}: IconButtonProps): ReactNode {
  return (
    <Tip text={label}>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={classNames(
          "inline-flex shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:bg-hover hover:text-ink",
          "disabled:pointer-events-none disabled:opacity-55",
          size === "small" ? "size-7" : "size-9",
          className,
        )}
      >
        <Icon aria-hidden className={size === "small" ? "size-4" : "size-[18px]"} />
      </button>
    </Tip>
  );
}
