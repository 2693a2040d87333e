import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

/** A form that asks the server for something. */
export interface SentForm {
  readonly busy: boolean;
  readonly problem: unknown;
  readonly submit: (event: FormEvent) => void;
}

/** Sends a form once at a time, keeps what went wrong, and has lists read again that begin with `changes`. */
export function useForm(act: () => Promise<void>, changes: string): SentForm {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const send = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await act();
      await queries.invalidateQueries({ queryKey: [changes] });
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  return {
    busy,
    problem,
    submit: (event) => {
      event.preventDefault();
      void send();
    },
  };
}
