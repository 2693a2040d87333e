import { Slot } from "radix-ui";
import type { ReactNode } from "react";

/**
 * Stands in for the package react-remove-scroll, which Radix's dialogs use: that one writes a style element into the page,
 * which the content security policy refuses. The page stops scrolling by a rule of styles.css instead.
 */
export function RemoveScroll({ children }: { readonly children: ReactNode }): ReactNode {
  return <Slot.Root data-scroll-lock="">{children}</Slot.Root>;
}
