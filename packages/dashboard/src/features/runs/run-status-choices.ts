/** The choices of a filter of runs by what came of them. */
export const RUN_STATUS_CHOICES: readonly { readonly value: string; readonly label: string }[] = [
  { value: "", label: "All states" },
  { value: "running", label: "Running" },
  { value: "queued", label: "Queued" },
  { value: "succeeded", label: "Succeeded" },
  { value: "failed", label: "Failed or died" },
  { value: "stopped", label: "Stopped or cancelled" },
];

const STATUSES: Readonly<Record<string, string>> = {
  running: "running",
  queued: "queued",
  succeeded: "succeeded",
  failed: "failed,died",
  died: "failed,died",
  stopped: "stopped,cancelled",
  cancelled: "stopped,cancelled",
};

/** What the API is asked for a choice; nothing for one that is not known. */
export function runStatuses(choice: string | undefined): { status?: string } {
  const status = STATUSES[choice ?? ""];
  return status === undefined ? {} : { status };
}
