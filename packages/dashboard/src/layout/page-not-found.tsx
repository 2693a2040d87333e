import { Compass } from "lucide-react";
import type { ReactNode } from "react";
import { EmptyState } from "../components/empty-state.tsx";
import { ButtonLink } from "../components/text-link.tsx";

/** Stands where an address leads nowhere. */
export function PageNotFound(): ReactNode {
  return (
    <EmptyState
      icon={Compass}
      title="There is no such page"
      action={
        <ButtonLink to="/" kind="primary">
          Go to Home
        </ButtonLink>
      }
    >
      The address may be mistyped, or what it named is gone.
    </EmptyState>
  );
}
