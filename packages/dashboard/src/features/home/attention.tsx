import { useQuery } from "@tanstack/react-query";
import { BellOff, CircleCheck, RotateCw, ScrollText } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Status } from "../../components/status.tsx";
import { ButtonLink, TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { formatNumberOf } from "../../format/format-count.ts";
import { MuteDialog } from "../notifications/mute-dialog.tsx";
import { useCommand } from "../shared/use-command.ts";

type Item = Answer<"/api/v1/overview/attention">["items"][number];

/** Before more are asked for. */
const FIRST = 5;

/** What fails, is late or refuses rows, with why, since when, and what to do about it. */
export function Attention({ className }: { readonly className?: string }): ReactNode {
  const query = useQuery(getQuery("/api/v1/overview/attention", { query: { limit: 20 } }));
  const [all, setAll] = useState(false);
  return (
    <Card
      flush
      {...(className === undefined ? {} : { className })}
      title="Needs attention"
      actions={
        (query.data?.items.length ?? 0) > FIRST && (
          <Button kind="quiet" size="small" onClick={() => setAll(!all)} aria-expanded={all}>
            {all
              ? "Show fewer"
              : `Show ${query.data?.next === undefined ? "all" : ""} ${query.data?.items.length ?? ""}`}
          </Button>
        )
      }
    >
      <QueryView query={query} what="What needs attention">
        {({ items }) =>
          items.length === 0 ? (
            <p className="flex items-center gap-2 px-4 pb-4 text-muted">
              <CircleCheck aria-hidden className="size-[18px] text-succeeded" />
              Nothing fails, nothing is late, and no rows were refused.
            </p>
          ) : (
            <ul className="divide-y divide-line border-t border-line">
              {items.slice(0, all ? undefined : FIRST).map((item) => (
                <AttentionRow key={item.pipeline} item={item} />
              ))}
            </ul>
          )
        }
      </QueryView>
    </Card>
  );
}

function AttentionRow({ item }: { readonly item: Item }): ReactNode {
  return (
    <li className="flex flex-wrap items-start gap-x-6 gap-y-3 px-4 py-3">
      <div className="min-w-0 flex-1 basis-80">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <TextLink
            to="/pipelines/$name"
            params={{ name: item.pipeline }}
            className="min-w-0 font-medium text-ink! wrap-anywhere"
            dir="auto"
          >
            {item.pipeline}
          </TextLink>
          <Status status={item.state === "refusing" ? "refused" : item.state} label={stateText(item)} />
        </div>
        <Reason item={item} />
        <p className="mt-1 flex flex-wrap gap-x-3 text-sm text-muted">
          <span>
            since <Time at={item.since} />
          </span>
          <span>
            last success <Time at={item.lastSuccessAt} />
          </span>
          {item.owner !== null && <span>owner {item.owner}</span>}
        </p>
        <Changes item={item} />
      </div>
      <AttentionActions item={item} />
    </li>
  );
}

function stateText(item: Item): string {
  if (item.state === "late") return "Late";
  if (item.state === "refusing") return `${formatNumberOf(item.refused, "row")} refused`;
  return item.failures > 1 ? `${formatNumberOf(item.failures, "failure")} in a row` : "Failed";
}

function Reason({ item }: { readonly item: Item }): ReactNode {
  if (item.state === "late") {
    return (
      <p className="mt-1">
        Its data were expected <Time at={item.expectedAt} never="earlier" />.
      </p>
    );
  }
  if (item.state === "refusing") {
    return (
      <p className="mt-1">
        Rows that do not fit wait in quarantine, each with its reason: open the run, then the table.
      </p>
    );
  }
  const line = item.error?.message ?? item.lastLine;
  if (line === null) return null;
  return (
    <>
      <p className="mt-1 line-clamp-2" dir="auto" title={line}>
        {line}
      </p>
      {item.error?.hint != null && <p className="line-clamp-2 text-sm text-muted">{item.error.hint}</p>}
    </>
  );
}

/** What changed since it last worked: most often why it fails now. */
function Changes({ item }: { readonly item: Item }): ReactNode {
  const changes = item.changes.filter(({ summary }) => summary !== "");
  if (changes.length === 0) return null;
  return (
    <p className="mt-1 text-sm text-late">
      Changed since it last worked:{" "}
      {changes.map((change, index) => (
        <span key={`${change.kind}${index}`} dir="auto">
          {index > 0 && "; "}
          {change.summary}
          {change.at !== null && (
            <>
              {" "}
              (<Time at={change.at} />)
            </>
          )}
        </span>
      ))}
    </p>
  );
}

function AttentionActions({ item }: { readonly item: Item }): ReactNode {
  const { isOperator } = useRole();
  const command = useCommand();
  const [muting, setMuting] = useState(false);
  const { run, pipeline } = item;
  const retry = (): void => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    void command.run({
      title: `${pipeline} runs again`,
      act: () =>
        item.state === "failing" && run !== null
          ? api.POST("/api/v1/runs/{id}/retry", { params: { path: { id: run.id } }, headers, body: {} })
          : api.POST("/api/v1/pipelines/{name}/start", {
              params: { path: { name: pipeline } },
              headers,
              body: {},
            }),
    });
  };
  // What is read out begins with what is written: people call buttons by the words they see.
  const again = item.state === "failing" ? "Retry" : "Run now";
  return (
    <div className="flex flex-wrap gap-2">
      {isOperator && (
        <Button
          size="small"
          icon={RotateCw}
          busy={command.busy}
          onClick={retry}
          aria-label={`${again}: ${pipeline}`}
        >
          {again}
        </Button>
      )}
      {run !== null && (
        <ButtonLink
          size="small"
          to="/runs/$id"
          params={{ id: run.id }}
          search={item.state === "refusing" ? {} : { tab: "logs" }}
          aria-label={`${item.state === "refusing" ? "Run" : "Log"} of ${pipeline}`}
        >
          <ScrollText aria-hidden className="size-4" />
          {item.state === "refusing" ? "Run" : "Log"}
        </ButtonLink>
      )}
      {isOperator && (
        <Button size="small" icon={BellOff} onClick={() => setMuting(true)} aria-label={`Mute ${pipeline}`}>
          Mute
        </Button>
      )}
      {muting && <MuteDialog pipeline={pipeline} onClose={() => setMuting(false)} />}
    </div>
  );
}
