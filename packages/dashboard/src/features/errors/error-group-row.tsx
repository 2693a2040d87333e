import type { ReactNode } from "react";
import type { Answer } from "../../api/get-query.ts";
import { Status } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { formatCount, formatNumberOf } from "../../format/format-count.ts";

/** Errors of one fingerprint. */
export type ErrorGroup = Answer<"/api/v1/errors">["items"][number];

/** A kind of error in a list: how often, when, where, and whether it is new. */
export function ErrorGroupRow({ group }: { readonly group: ErrorGroup }): ReactNode {
  const [first] = group.pipelines;
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2.5">
      <div className="min-w-0 flex-1 basis-72">
        <TextLink
          to="/errors"
          search={{ fingerprint: group.fingerprint }}
          className="line-clamp-2 font-medium text-ink! wrap-anywhere"
          dir="auto"
        >
          {group.message}
        </TextLink>
        <p className="mt-0.5 flex flex-wrap gap-x-3 text-sm text-muted">
          <code className="font-mono text-xs leading-5">{group.code}</code>
          {group.pipelines.length === 1 && first !== undefined ? (
            <TextLink to="/pipelines/$name" params={{ name: first.pipeline }} dir="auto">
              {first.pipeline}
            </TextLink>
          ) : (
            <span>{formatNumberOf(group.pipelines.length, "pipeline")}</span>
          )}
          <span>
            first <Time at={group.firstSeenAt} />
          </span>
          <span>
            last <Time at={group.lastSeenAt} />
          </span>
        </p>
      </div>
      <span className="w-28">
        <Status quiet status={group.state} />
      </span>
      <span className="w-16 text-right" title="How often">
        <span className="font-semibold">{formatCount(group.count)}</span>
        <span className="text-muted"> ×</span>
      </span>
    </li>
  );
}
