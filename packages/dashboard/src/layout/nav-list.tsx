import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { NAVIGATION } from "./navigation.ts";
import { usePresence } from "./use-presence.ts";

/** The pages by their sections; those of which there is nothing are left out. */
export function NavList(): ReactNode {
  const isThere = usePresence();
  return (
    <ul className="space-y-4">
      {NAVIGATION.map((section, index) => {
        const items = section.items.filter(isThere);
        if (items.length === 0) return null;
        return (
          <li key={section.title ?? index}>
            {section.title !== undefined && (
              <p className="mb-1 px-2.5 text-xs font-medium text-muted">{section.title}</p>
            )}
            <ul className="space-y-px">
              {items.map(({ to, label, icon: Icon }) => (
                <li key={to}>
                  <Link
                    to={to}
                    activeOptions={{ exact: to === "/" }}
                    className="flex h-9 items-center gap-2.5 rounded-md px-2.5 text-muted hover:bg-hover hover:text-ink data-[status=active]:bg-accent-soft data-[status=active]:font-medium data-[status=active]:text-ink lg:h-8"
                  >
                    <Icon aria-hidden className="size-4 shrink-0" />
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </li>
        );
      })}
    </ul>
  );
}
