import { WifiOff } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { useLiveState } from "../live/live-provider.tsx";

/** A connection that is back at once is not worth a word. */
const PATIENCE_MS = 1_500;

/** Says that what is shown may be old, while the server cannot be reached. It lies over the page, which does not jump. */
export function LostBanner(): ReactNode {
  const state = useLiveState();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (state !== "lost") {
      setShown(false);
      return undefined;
    }
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-0 top-16 z-30 flex justify-center px-4 lg:pl-56"
    >
      {shown && (
        <p className="flex animate-appear items-center gap-2 rounded-full border border-line bg-late-soft px-4 py-1.5 text-sm font-medium text-late shadow-pop">
          <WifiOff aria-hidden className="size-4 shrink-0" />
          No connection to the server: what you see may be old. Trying again…
        </p>
      )}
    </div>
  );
}
