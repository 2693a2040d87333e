import { lazy, Suspense, type ReactNode } from "react";

const Dialog = lazy(async () => ({ default: (await import("./palette-dialog.tsx")).PaletteDialog }));

/** Search over pages, pipelines and tables, loaded when it is first asked for. */
export function CommandPalette({ onClose }: { readonly onClose: () => void }): ReactNode {
  return (
    <Suspense fallback={null}>
      <Dialog onClose={onClose} />
    </Suspense>
  );
}
