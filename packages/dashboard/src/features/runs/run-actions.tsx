import { Ban, RotateCw, Square } from "lucide-react";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import type { RunDetail } from "../shared/api-types.ts";
import { useCommand } from "../shared/use-command.ts";
import { useRole } from "../../api/use-role.ts";

/** What can be done with a run: stop and cancel while it goes on, retry when it is over. */
export function RunActions({ run }: { readonly run: RunDetail }): ReactNode {
  const command = useCommand();
  const navigate = useNavigate();
  const { isOperator } = useRole();
  const [asked, setAsked] = useState<"cancel">();
  if (!isOperator) return null;
  const open = run.status === "running" || run.status === "queued";
  const retry = async (): Promise<void> => {
    const next = await again(run.id);
    if (next !== undefined && next !== run.id) await navigate({ to: "/runs/$id", params: { id: next } });
  };
  if (!open)
    return (
      <Button
        kind={run.status === "succeeded" ? "secondary" : "primary"}
        icon={RotateCw}
        busy={command.busy}
        onClick={() => void command.run({ title: "The run is queued again", act: retry })}
      >
        {run.status === "succeeded" ? "Run again" : "Retry"}
      </Button>
    );
  return (
    <>
      <Button
        icon={Square}
        busy={command.busy}
        disabled={run.ending !== null}
        onClick={() =>
          void command.run({
            title: "The run stops",
            text: "What it has read so far is committed.",
            act: () => end("stop", run.id),
          })
        }
      >
        Stop
      </Button>
      <Button
        icon={Ban}
        onClick={() => {
          setAsked("cancel");
        }}
      >
        Cancel…
      </Button>
      <ConfirmDialog
        open={asked === "cancel"}
        onOpenChange={(shown) => {
          if (!shown) setAsked(undefined);
        }}
        title="Cancel this run?"
        action="Cancel the run"
        danger
        onConfirm={() => command.run({ title: "The run is cancelled", act: () => end("cancel", run.id) })}
      >
        <p>
          Its process is ended by force. What was committed stays; what was not is read again by the next run.
          Stop ends it in good order instead.
        </p>
      </ConfirmDialog>
    </>
  );
}

async function end(verb: "stop" | "cancel", id: string): Promise<void> {
  const headers = { "idempotency-key": crypto.randomUUID() };
  await api.POST(`/api/v1/runs/{id}/${verb}`, { params: { path: { id } }, headers, body: {} });
}

async function again(id: string): Promise<string | undefined> {
  const headers = { "idempotency-key": crypto.randomUUID() };
  const { data } = await api.POST("/api/v1/runs/{id}/retry", { params: { path: { id } }, headers, body: {} });
  return data?.run;
}
