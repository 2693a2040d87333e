import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

/** One tab and what it shows. */
export interface Tab {
  readonly id: string;
  readonly label: string;
  /** Beside the label. */
  readonly count?: number | undefined;
  /** Built only while the tab is shown. */
  readonly content: () => ReactNode;
}

interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
  /** Usually from the address, so that a tab can be linked to. */
  readonly value: string;
  readonly onChange: (id: string) => void;
}

/** Parts of a page of which one is shown. They scroll sideways where there is little room. */
export function Tabs({ label, tabs, value, onChange }: TabsProps): ReactNode {
  const shown = tabs.some((tab) => tab.id === value) ? value : (tabs[0]?.id ?? "");
  return (
    <Radix.Root value={shown} onValueChange={onChange}>
      <Radix.List
        aria-label={label}
        className="-mx-4 mb-4 flex gap-1 overflow-x-auto border-b border-line px-4 [scrollbar-width:none] sm:mx-0 sm:px-0"
      >
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            className="-mb-px inline-flex h-10 shrink-0 items-center gap-1.5 border-b-2 border-transparent px-3 font-medium text-muted hover:text-ink focus-visible:-outline-offset-2 data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {tab.label}
            {tab.count !== undefined && (
              <span className="rounded-full bg-idle-soft px-1.5 text-xs text-muted">{tab.count}</span>
            )}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.id} value={tab.id} tabIndex={-1} className="outline-none">
          {tab.id === shown ? tab.content() : null}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
