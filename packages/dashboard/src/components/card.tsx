import { useId, type ReactNode } from "react";
import { classNames } from "./class-names.ts";

interface CardProps {
  readonly title?: ReactNode;
  /** Right of the title. */
  readonly actions?: ReactNode;
  /** A line below the title. */
  readonly note?: ReactNode;
  readonly children: ReactNode;
  /** The content reaches the edges: tables and lists. */
  readonly flush?: boolean;
  readonly className?: string;
}

/** A part of a page with its heading. */
export function Card({ title, actions, note, children, flush = false, className }: CardProps): ReactNode {
  const id = useId();
  const headed = title !== undefined || actions !== undefined;
  return (
    <section
      aria-labelledby={title === undefined ? undefined : id}
      className={classNames("min-w-0 rounded-lg border border-line bg-surface shadow-card", className)}
    >
      {headed && (
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 pt-3 pb-2">
          <div className="min-w-0 flex-1 basis-52">
            <h2 id={id} className="text-base font-semibold">
              {title}
            </h2>
            {note !== undefined && <p className="text-sm text-muted">{note}</p>}
          </div>
          {actions !== undefined && <div className="flex items-center gap-2">{actions}</div>}
        </div>
      )}
      <div className={classNames(!flush && "px-4 pb-4", !flush && !headed && "pt-4", "min-w-0")}>
        {children}
      </div>
    </section>
  );
}
