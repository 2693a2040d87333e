import { Play, RotateCw, Square } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { useCommand } from "../shared/use-command.ts";

/** Buttons that start, restart and stop a collector. */
export function CollectorActions({
  pipeline,
  running,
}: {
  readonly pipeline: string;
  readonly running: boolean;
}): ReactNode {
  const command = useCommand();
  const { isOperator } = useRole();
  const [stopping, setStopping] = useState(false);
  if (!isOperator) return null;
  const params = { params: { path: { pipeline } }, body: null };
  if (!running) {
    const start = (): Promise<boolean> =>
      command.run({
        title: `${pipeline} is started`,
        act: () => api.POST("/api/v1/collectors/{pipeline}/start", params),
      });
    return (
      <Button kind="primary" icon={Play} busy={command.busy} onClick={() => void start()}>
        Start
      </Button>
    );
  }
  const restart = (): Promise<boolean> =>
    command.run({
      title: `${pipeline} was restarted`,
      act: () => api.POST("/api/v1/collectors/{pipeline}/restart", params),
    });
  const stop = async (): Promise<void> => {
    await command.run({
      title: `${pipeline} is being stopped`,
      act: () => api.POST("/api/v1/collectors/{pipeline}/stop", params),
    });
  };
  return (
    <>
      <Button icon={RotateCw} busy={command.busy} onClick={() => void restart()}>
        Restart
      </Button>
      <Button icon={Square} onClick={() => setStopping(true)}>
        Stop
      </Button>
      <ConfirmDialog
        open={stopping}
        onOpenChange={setStopping}
        title={`Stop ${pipeline}?`}
        action="Stop"
        onConfirm={stop}
      >
        <p>What is sent while it is stopped is missing, unless the source can be asked for it later.</p>
      </ConfirmDialog>
    </>
  );
}
