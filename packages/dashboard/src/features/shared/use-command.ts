import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useToast } from "../../components/toasts.tsx";

/** Something that a person asks the server to do. */
export interface Command {
  readonly busy: boolean;
  /** Does it, says how it went, and has what it may have changed read again. */
  readonly run: (what: {
    readonly title: string;
    readonly text?: string;
    readonly act: () => Promise<unknown>;
  }) => Promise<boolean>;
}

/** Carries out commands: one at a time, with a message about each. */
export function useCommand(): Command {
  const toast = useToast();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  return {
    busy,
    run: async ({ title, text, act }) => {
      setBusy(true);
      try {
        await act();
        toast.done(title, text);
        await client.invalidateQueries();
        return true;
      } catch (error) {
        toast.failed(`${title}: not done`, error);
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
