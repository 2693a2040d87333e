/** SQL of the state of `known` (millrace_control.pipelines), see `PipelineState`. */
export const PIPELINE_STATE = `CASE WHEN known.retired_at IS NOT NULL THEN 'retired'
  WHEN NOT coalesce(known.enabled, known.declared_enabled) THEN 'disabled'
  WHEN known.paused_at IS NOT NULL THEN 'paused' ELSE 'enabled' END`;

/** SQL of why it is so; null where there is nothing to say. */
export const STATE_REASON = `CASE WHEN known.retired_at IS NOT NULL THEN 'Its file is gone from the project'
  WHEN coalesce(known.enabled, known.declared_enabled) THEN NULL
  ELSE coalesce(known.disabled_reason, CASE WHEN known.enabled IS NULL THEN 'Disabled in its file' END) END`;
