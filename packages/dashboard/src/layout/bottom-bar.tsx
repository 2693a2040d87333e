import { Link } from "@tanstack/react-router";
import { Database, House, Menu, Play, Workflow } from "lucide-react";
import type { ReactNode } from "react";

const ITEMS = [
  { to: "/", label: "Home", icon: House },
  { to: "/pipelines", label: "Pipelines", icon: Workflow },
  { to: "/runs", label: "Runs", icon: Play },
  { to: "/data", label: "Tables", icon: Database },
] as const;
const ITEM =
  "flex flex-1 flex-col items-center justify-center gap-0.5 text-xs text-muted data-[status=active]:font-medium data-[status=active]:text-accent";

/** The pages that are gone to most, in reach of a thumb. */
export function BottomBar({ onMore }: { readonly onMore: () => void }): ReactNode {
  return (
    <nav
      aria-label="Main pages"
      className="fixed inset-x-0 bottom-0 z-30 flex h-14 border-t border-line bg-surface lg:hidden"
    >
      {ITEMS.map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} activeOptions={{ exact: to === "/" }} className={ITEM}>
          <Icon aria-hidden className="size-5" />
          {label}
        </Link>
      ))}
      <button type="button" onClick={onMore} className={ITEM}>
        <Menu aria-hidden className="size-5" />
        More
      </button>
    </nav>
  );
}
