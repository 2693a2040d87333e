/** Kinds of events to choose from: the types that belong to each, by commas. */
export const EVENT_KINDS: readonly { readonly value: string; readonly label: string }[] = [
  { value: "", label: "All events" },
  { value: "run.queued,run.started,run.finished,run.died,run.retrying", label: "Runs" },
  {
    value:
      "run.died,run.retrying,rows.quarantined,quality.failed,source.silent,source.alarm,worker.lost,log.sink.failed",
    label: "Problems",
  },
  { value: "run.committed", label: "Commits" },
  { value: "pipeline.disabled,pipeline.enabled,command.done", label: "Commands" },
  { value: "schema.changed", label: "Schema changes" },
  { value: "rows.quarantined,quality.failed", label: "Quality" },
  { value: "worker.started,worker.lost", label: "Workers" },
];
