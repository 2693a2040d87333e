import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState } from "./error-state.tsx";
import { SkeletonRows } from "./skeleton.tsx";

interface QueryViewProps<Data> {
  readonly query: UseQueryResult<Data>;
  /** What could not be loaded, such as `The workers`. */
  readonly what: string;
  /** Stands there while the first answer is on its way, at the size of what will come. Default: five lines. */
  readonly loading?: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

/** Shows an answer, or that it is on its way, or why there is none. An old answer stays while a new one fails to come. */
export function QueryView<Data>({ query, what, loading, children }: QueryViewProps<Data>): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) {
    return (
      <ErrorState
        error={query.error}
        title={`${what} could not be loaded`}
        onRetry={() => void query.refetch()}
      />
    );
  }
  return loading ?? <SkeletonRows rows={5} />;
}
