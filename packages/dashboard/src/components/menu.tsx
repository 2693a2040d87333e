import type { LucideIcon } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** One line of a menu. */
export interface MenuItem {
  readonly label: string;
  readonly icon?: LucideIcon;
  readonly onSelect: () => void;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** A line above it. */
  readonly apart?: boolean;
  /** Shown at the right: a key. */
  readonly note?: string;
}

interface MenuProps {
  /** The button that opens it. */
  readonly children: ReactNode;
  readonly items: readonly MenuItem[];
  readonly align?: "start" | "end";
}

/** A list of things to do. */
export function Menu({ children, items, align = "end" }: MenuProps): ReactNode {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{children}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 min-w-44 animate-appear rounded-lg border border-line bg-raised p-1 shadow-pop"
        >
          {items.map((item) => (
            <Entry key={item.label} item={item} />
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Entry({ item }: { readonly item: MenuItem }): ReactNode {
  const Icon = item.icon;
  return (
    <>
      {item.apart === true && <DropdownMenu.Separator className="my-1 h-px bg-line" />}
      <DropdownMenu.Item
        disabled={item.disabled ?? false}
        onSelect={item.onSelect}
        className={classNames(
          "flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 outline-none select-none data-disabled:opacity-50 data-highlighted:bg-hover",
          item.danger === true ? "text-failed" : "text-ink",
        )}
      >
        {Icon !== undefined && <Icon aria-hidden className="size-4 shrink-0" />}
        <span className="flex-1">{item.label}</span>
        {item.note !== undefined && <span className="text-sm text-faint">{item.note}</span>}
      </DropdownMenu.Item>
    </>
  );
}
