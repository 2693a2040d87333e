import { useState, type ReactNode } from "react";
import { classNames } from "../../components/class-names.ts";
import { Button } from "../../components/button.tsx";
import type { DocumentDetail, Place } from "./document-fields.ts";

interface PageViewProps {
  readonly document: DocumentDetail;
  readonly places: Readonly<Record<string, Place>>;
  /** The field whose box stands out. */
  readonly current: string | undefined;
  readonly onPick: (field: string) => void;
}

/** Pages of a document as pictures, with a box around each value that was read. */
export function PageView({ document, places, current, onPick }: PageViewProps): ReactNode {
  const [chosen, setChosen] = useState<number>();
  const wanted = current === undefined ? undefined : places[current]?.page;
  const page = document.shown.find(({ page: number }) => number === (chosen ?? wanted)) ?? document.shown[0];
  if (page === undefined) {
    return (
      <p className="text-muted">
        {document.state === "review"
          ? "There is no picture of this document yet."
          : "Pictures of pages are kept while a document waits for review."}
      </p>
    );
  }
  const here = Object.entries(places).filter(([, place]) => place.page === page.page);
  return (
    <div className="space-y-3">
      {document.shown.length > 1 && (
        <div role="group" aria-label="Pages" className="flex flex-wrap gap-1">
          {document.shown.map(({ page: number }) => (
            <Button
              key={number}
              size="small"
              kind={number === page.page ? "primary" : "secondary"}
              aria-pressed={number === page.page}
              onClick={() => setChosen(number)}
            >
              {number}
            </Button>
          ))}
        </div>
      )}
      <div className="relative overflow-hidden rounded-md border border-line bg-white">
        <img
          src={`/api/v1/documents/${document.id}/pages/${page.page}`}
          alt={`Page ${page.page} of ${document.name}`}
          className="block w-full"
          style={{ aspectRatio: `${page.width} / ${page.height}` }}
        />
        <svg
          viewBox={`0 0 ${page.width} ${page.height}`}
          className="absolute inset-0 size-full"
          preserveAspectRatio="none"
          role="group"
          aria-label="Where values were read"
        >
          {here.map(([field, { box }]) => (
            <PlaceBox
              key={field}
              field={field}
              box={box}
              margin={page.width / 300}
              current={field === current}
              onPick={() => {
                setChosen(undefined);
                onPick(field);
              }}
            />
          ))}
        </svg>
      </div>
    </div>
  );
}

function PlaceBox({
  field,
  box,
  margin,
  current,
  onPick,
}: {
  readonly field: string;
  readonly box: Place["box"];
  readonly margin: number;
  readonly current: boolean;
  readonly onPick: () => void;
}): ReactNode {
  return (
    <rect
      x={box.x0 - margin}
      y={box.y0 - margin}
      width={Math.max(0, box.x1 - box.x0) + 2 * margin}
      height={Math.max(0, box.y1 - box.y0) + 2 * margin}
      rx={margin}
      vectorEffect="non-scaling-stroke"
      strokeWidth={current ? 3 : 1.5}
      onClick={onPick}
      // Pictures of pages are white in the dark as well.
      className={classNames(
        "cursor-pointer",
        current ? "fill-late/25 stroke-late" : "fill-accent/10 stroke-accent",
      )}
    >
      <title>{field}</title>
    </rect>
  );
}
