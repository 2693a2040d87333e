// Asks the part that runs in this container whether it lives: each serves /health/live beside its metrics.
const port = process.env.MILLRACE_METRICS_PORT || "9464";
try {
  const answer = await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(4_000) });
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
