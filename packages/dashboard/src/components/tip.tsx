import { Tooltip } from "radix-ui";
import type { ReactNode } from "react";

interface TipProps {
  readonly text: ReactNode;
  /** One element that can be focused or hovered. */
  readonly children: ReactNode;
  readonly side?: "top" | "right" | "bottom" | "left";
}

/** A word of explanation on hover and focus; never the only place where something is said. */
export function Tip({ text, children, side = "top" }: TipProps): ReactNode {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-w-80 animate-appear rounded-md bg-ink px-2 py-1 text-xs text-surface shadow-pop wrap-anywhere"
        >
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
