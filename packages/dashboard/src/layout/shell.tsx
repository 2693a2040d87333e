import { Outlet, useNavigate, useRouter, useRouterState } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { onSignedOut } from "../api/session-state.ts";
import { useTopics } from "../live/live-provider.tsx";
import { BottomBar } from "./bottom-bar.tsx";
import { CommandPalette } from "./command-palette.tsx";
import { Header } from "./header.tsx";
import { LostBanner } from "./lost-banner.tsx";
import { NavDrawer } from "./nav-drawer.tsx";
import { ShortcutHelp } from "./shortcut-help.tsx";
import { SideNav } from "./side-nav.tsx";
import { useShortcuts } from "./use-shortcuts.ts";

/** What every page follows: it keeps counts and lists up to date wherever one looks. */
const TOPICS = ["runs", "events", "metrics"];

/** The frame of all pages: navigation, header, palette, and what is said when the server is gone. */
export function Shell(): ReactNode {
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const [drawer, setDrawer] = useState(false);
  const at = useRouterState({ select: ({ location }) => location.pathname });
  useTopics(TOPICS);
  useSignedOutRedirect();
  useShortcuts({ openPalette: () => setPalette(true), openHelp: () => setHelp(true) });
  useEffect(() => setDrawer(false), [at]);
  return (
    <div className="min-h-dvh lg:pl-56">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-surface focus:px-3 focus:py-2 focus:shadow-pop"
      >
        Skip to the content
      </a>
      <SideNav />
      <Header onSearch={() => setPalette(true)} onHelp={() => setHelp(true)} />
      <LostBanner />
      <main
        id="content"
        tabIndex={-1}
        className="mx-auto max-w-[110rem] px-4 pt-5 pb-24 outline-none sm:px-6 lg:pb-10"
      >
        <Outlet />
      </main>
      <BottomBar onMore={() => setDrawer(true)} />
      <NavDrawer open={drawer} onOpenChange={setDrawer} />
      {palette && <CommandPalette onClose={() => setPalette(false)} />}
      <ShortcutHelp open={help} onOpenChange={setHelp} />
    </div>
  );
}

/** Sends people to sign in when their session is over, and back afterwards. */
function useSignedOutRedirect(): void {
  const navigate = useNavigate();
  const router = useRouter();
  const queries = useQueryClient();
  useEffect(
    () =>
      onSignedOut(() => {
        const { href } = router.state.location;
        if (router.state.location.pathname === "/sign-in") return;
        queries.clear();
        void navigate({ to: "/sign-in", search: href === "/" ? {} : { next: href } });
      }),
    [navigate, router, queries],
  );
}
