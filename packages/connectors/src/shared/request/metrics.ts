/** What a client has done so far. */
export interface ClientMetrics {
  /** Requests that were asked for. */
  requests: number;
  /** Requests that were sent, with redirects left out and further attempts counted. */
  attempts: number;
  redirects: number;
  /** Requests that ended with an error. */
  failures: number;
  /** Answers by class of status: `2xx`. */
  readonly statuses: Record<string, number>;
  /** Bytes of bodies as they came over the network. */
  receivedBytes: number;
  /** Answers whose body did not come over the network. */
  fromCache: number;
  /** Milliseconds that servers asked to wait with Retry-After. */
  throttledMs: number;
}

/** Metrics of a client that has done nothing yet. */
export function newMetrics(): ClientMetrics {
  return {
    requests: 0,
    attempts: 0,
    redirects: 0,
    failures: 0,
    statuses: {},
    receivedBytes: 0,
    fromCache: 0,
    throttledMs: 0,
  };
}

/** Counts an answer. */
export function countAnswer(
  metrics: ClientMetrics,
  answer: {
    readonly status: number;
    readonly redirects: number;
    readonly transferred: number;
    readonly fromNetwork: boolean;
  },
): void {
  const key = `${Math.floor(answer.status / 100)}xx`;
  metrics.statuses[key] = (metrics.statuses[key] ?? 0) + 1;
  metrics.redirects += answer.redirects;
  if (answer.fromNetwork) metrics.receivedBytes += answer.transferred;
  else metrics.fromCache++;
}
