import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Logo } from "./logo.tsx";
import { NavList } from "./nav-list.tsx";

/** The navigation beside the page, where there is room for it. */
export function SideNav(): ReactNode {
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-y-0 left-0 hidden w-56 flex-col border-r border-line bg-surface lg:flex"
    >
      <Link
        to="/"
        className="flex h-14 shrink-0 items-center gap-2.5 px-4 text-lg font-semibold tracking-tight"
      >
        <Logo />
        Millrace
      </Link>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pt-1 pb-4">
        <NavList />
      </div>
    </nav>
  );
}
