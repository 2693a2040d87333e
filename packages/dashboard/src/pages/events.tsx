import type { ReactNode } from "react";
import { PageHeader } from "../layout/page-header.tsx";

/** The page is being built. */
export function EventsPage(): ReactNode {
  return <PageHeader title="Events" />;
}
