import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "../components/icon-button.tsx";
import { NavList } from "./nav-list.tsx";

interface NavDrawerProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** All pages, over the page: where there is no room for the navigation beside it. */
export function NavDrawer({ open, onOpenChange }: NavDrawerProps): ReactNode {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-backdrop" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-x-0 bottom-0 z-40 flex max-h-[85dvh] animate-appear flex-col rounded-t-lg border-t border-line bg-raised shadow-pop"
        >
          <div className="flex items-center justify-between px-4 pt-3">
            <Dialog.Title className="text-lg font-semibold">Pages</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton icon={X} label="Close" />
            </Dialog.Close>
          </div>
          <nav aria-label="All pages" className="min-h-0 overflow-y-auto px-2 pt-1 pb-6">
            <NavList />
          </nav>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
