import type { Transform } from "@millrace/core";

/** Applies a transform to the rows of one stream alone; those of other streams pass untouched. */
export function on(stream: string, transform: Transform): Transform {
  const { flush, close } = transform;
  return {
    kind: transform.kind ?? "on",
    holds: transform.holds,
    ...(transform.concurrency === undefined ? {} : { concurrency: transform.concurrency }),
    ...(transform.makesStreams === undefined ? {} : { makesStreams: transform.makesStreams }),
    apply: (batch, context) => (batch.stream === stream ? transform.apply(batch, context) : batch),
    ...(flush === undefined ? {} : { flush: (context) => flush.call(transform, context) }),
    ...(close === undefined ? {} : { close: () => close.call(transform) }),
  };
}
