import { useEffect, type ReactNode } from "react";

interface PageHeaderProps {
  /** Also the title of the document. */
  readonly title: string;
  /** What stands before the title: usually a link to the list that the page belongs to. */
  readonly above?: ReactNode;
  /** Beside the title: its status. */
  readonly status?: ReactNode;
  readonly description?: ReactNode;
  /** Buttons, right of the title and below it where it is narrow. */
  readonly actions?: ReactNode;
}

/** Title of a page with its status and actions; the only level-one heading. */
export function PageHeader({ title, above, status, description, actions }: PageHeaderProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · Millrace`;
  }, [title]);
  return (
    <header className="mb-5 flex flex-wrap items-start gap-x-6 gap-y-3">
      <div className="min-w-0 flex-1 basis-72">
        {above !== undefined && <div className="mb-1 text-sm text-muted">{above}</div>}
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="min-w-0 text-xl font-semibold tracking-tight" dir="auto">
            {title}
          </h1>
          {status}
        </div>
        {description !== undefined && <div className="mt-1 max-w-3xl text-muted">{description}</div>}
      </div>
      {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  );
}
