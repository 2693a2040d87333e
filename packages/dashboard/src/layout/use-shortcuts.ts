import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { NAVIGATION } from "./navigation.ts";

interface Shortcuts {
  readonly openPalette: () => void;
  readonly openHelp: () => void;
}

/** After `g` the next key has this long to say where to go. */
const PENDING_MS = 1_500;

/** Keys that work on every page: Ctrl-K or Cmd-K, `/`, `?`, and `g` with a letter. */
export function useShortcuts({ openPalette, openHelp }: Shortcuts): void {
  const navigate = useNavigate();
  useEffect(() => {
    let pendingUntil = 0;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isInDialog()) return;
      const pending = Date.now() < pendingUntil;
      pendingUntil = 0;
      if (pending) {
        const item = NAVIGATION.flatMap(({ items }) => items).find(({ key }) => key === event.key);
        if (item !== undefined) {
          event.preventDefault();
          void navigate({ to: item.to });
        }
      } else if (event.key === "g") pendingUntil = Date.now() + PENDING_MS;
      else if (event.key === "?") openHelp();
      else if (event.key === "/") {
        event.preventDefault();
        focusSearch(openPalette);
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [navigate, openPalette, openHelp]);
}

/** The page's own search field, or the palette where the page has none. */
function focusSearch(otherwise: () => void): void {
  const field = document.querySelector<HTMLInputElement>("[data-page-search]");
  if (field === null) otherwise();
  else field.focus();
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function isInDialog(): boolean {
  return document.querySelector("[role=dialog],[role=menu]") !== null;
}
