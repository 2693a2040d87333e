import {
  CalendarRange,
  CirclePause,
  CirclePlay,
  EllipsisVertical,
  History,
  Play,
  Power,
  Square,
} from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Menu, type MenuItem } from "../../components/menu.tsx";
import { BackfillDialog } from "../backfills/backfill-dialog.tsx";
import type { PipelineDetail } from "../shared/api-types.ts";
import { useCommand } from "../shared/use-command.ts";
import { useRole } from "../../api/use-role.ts";
import { RunDialog } from "./run-dialog.tsx";

type Asked = "run" | "backfill" | "reset" | "stop" | "disable";
type Verb = "pause" | "resume" | "stop" | "enable" | "disable";

interface PipelineActionsProps {
  readonly pipeline: PipelineDetail;
  /** A dialog that the address asks for: `run`, `reset`, `backfill` or `backfill:2026-03-01`. */
  readonly asked: string | undefined;
  readonly onAsk: (action: string | undefined) => void;
}

/** What can be done with a pipeline, by those who may. */
export function PipelineActions({ pipeline, asked, onAsk }: PipelineActionsProps): ReactNode {
  const command = useCommand();
  const { isOperator } = useRole();
  const [confirmed, setConfirmed] = useState<Asked>();
  if (!isOperator || pipeline.state === "retired") return null;
  const { name } = pipeline;
  const steer = (verb: Verb, title: string): void => {
    void command.run({ title, act: () => post(verb, name) });
  };
  const dialog = (which: Asked): { open: boolean; onOpenChange: (open: boolean) => void } => ({
    open: asked?.split(":")[0] === which || confirmed === which,
    onOpenChange: (open) => {
      if (open) return;
      setConfirmed(undefined);
      if (asked !== undefined) onAsk(undefined);
    },
  });
  const paused = pipeline.state === "paused";
  return (
    <>
      <Button
        kind="primary"
        icon={Play}
        onClick={() => {
          onAsk("run");
        }}
      >
        Run
      </Button>
      <Button
        icon={paused ? CirclePlay : CirclePause}
        busy={command.busy}
        onClick={() => {
          steer(paused ? "resume" : "pause", paused ? `${name} is resumed` : `${name} is paused`);
        }}
      >
        {paused ? "Resume" : "Pause"}
      </Button>
      <Menu items={menuItems({ pipeline, ask: setConfirmed, onAsk, steer })}>
        <IconButton icon={EllipsisVertical} label="More to do" className="border border-line" />
      </Menu>
      <RunDialog pipeline={pipeline} {...dialog("run")} />
      <BackfillDialog pipeline={name} day={asked?.split(":")[1]} {...dialog("backfill")} />
      <ResetDialog name={name} {...dialog("reset")} />
      <ConfirmDialog
        {...dialog("stop")}
        title={`Stop ${name}?`}
        action="Stop"
        onConfirm={() => command.run({ title: `${name} stops`, act: () => post("stop", name) })}
      >
        <p>
          What is running commits what it has and ends; what waits does not start. The next run goes on from
          there.
        </p>
      </ConfirmDialog>
      <ConfirmDialog
        {...dialog("disable")}
        title={`Disable ${name}?`}
        action="Disable"
        onConfirm={() => command.run({ title: `${name} is disabled`, act: () => post("disable", name) })}
      >
        <p>
          Its schedule no longer starts it, nor do its parents. It can still be run by hand, and enabled again
          at any time.
        </p>
      </ConfirmDialog>
    </>
  );
}

function menuItems(options: {
  readonly pipeline: PipelineDetail;
  readonly ask: (which: Asked) => void;
  readonly onAsk: (action: string) => void;
  readonly steer: (verb: Verb, title: string) => void;
}): readonly MenuItem[] {
  const { pipeline, ask, onAsk, steer } = options;
  const disabled = pipeline.state === "disabled";
  return [
    {
      label: "Backfill…",
      icon: CalendarRange,
      onSelect: () => {
        onAsk("backfill");
      },
    },
    {
      label: "Stop…",
      icon: Square,
      disabled: pipeline.running + pipeline.queued === 0,
      onSelect: () => {
        ask("stop");
      },
    },
    disabled
      ? {
          label: "Enable",
          icon: Power,
          apart: true,
          onSelect: () => {
            steer("enable", `${pipeline.name} is enabled`);
          },
        }
      : {
          label: "Disable…",
          icon: Power,
          apart: true,
          onSelect: () => {
            ask("disable");
          },
        },
    {
      label: "Reset checkpoint…",
      icon: History,
      danger: true,
      onSelect: () => {
        onAsk("reset");
      },
    },
  ];
}

function ResetDialog(props: {
  readonly name: string;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}): ReactNode {
  const { name } = props;
  const command = useCommand();
  const reset = async (): Promise<void> => {
    await api.POST("/api/v1/pipelines/{name}/checkpoint/reset", {
      params: { path: { name } },
      body: { confirm: name },
    });
    await command.run({ title: `The checkpoint of ${name} is forgotten`, act: () => Promise.resolve() });
  };
  return (
    <ConfirmDialog
      {...props}
      title="Reset the checkpoint?"
      action="Reset checkpoint"
      typed={name}
      danger
      onConfirm={reset}
    >
      <p>
        Where it had come to is forgotten: the next run reads its source from the beginning. Rows stay where
        they are; a table without a key gets them a second time.
      </p>
    </ConfirmDialog>
  );
}

async function post(verb: Verb, name: string): Promise<void> {
  const params = { path: { name } };
  const headers = { "idempotency-key": crypto.randomUUID() };
  await api.POST(`/api/v1/pipelines/{name}/${verb}`, { params, headers, body: {} });
}
