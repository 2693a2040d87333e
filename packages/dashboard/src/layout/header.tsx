import { useNavigate } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { CircleHelp, CircleUser, LogOut, Monitor, Moon, Search, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { api } from "../api/client.ts";
import { useRole } from "../api/use-role.ts";
import { IconButton } from "../components/icon-button.tsx";
import { Menu } from "../components/menu.tsx";
import { useTheme, type ThemeChoice } from "../theme/theme-provider.tsx";
import { LiveNumbers } from "./live-numbers.tsx";
import { Logo } from "./logo.tsx";

interface HeaderProps {
  readonly onSearch: () => void;
  readonly onHelp: () => void;
}

/** Above every page: search, how the platform does, theme, and who is signed in. */
export function Header({ onSearch, onHelp }: HeaderProps): ReactNode {
  return (
    <header className="sticky top-0 z-20 flex h-14 items-center gap-2 border-b border-line bg-surface px-4 sm:px-6">
      <span className="lg:hidden">
        <Logo />
      </span>
      <button
        type="button"
        onClick={onSearch}
        className="flex h-9 min-w-0 flex-1 items-center gap-2 rounded-md border border-line-strong px-3 text-left text-muted hover:bg-hover sm:max-w-md"
      >
        <Search aria-hidden className="size-4 shrink-0" />
        <span className="flex-1 truncate">Search or go to…</span>
        <kbd className="hidden rounded-sm border border-line px-1.5 font-sans text-xs sm:inline">Ctrl K</kbd>
      </button>
      <div className="ml-auto flex items-center gap-1">
        <LiveNumbers />
        <IconButton
          icon={CircleHelp}
          label="Keyboard shortcuts"
          onClick={onHelp}
          className="hidden sm:inline-flex"
        />
        <ThemeMenu />
        <PersonMenu />
      </div>
    </header>
  );
}

const THEMES = { system: Monitor, light: Sun, dark: Moon } as const;
const THEME_NAMES: Readonly<Record<ThemeChoice, string>> = {
  system: "As the system",
  light: "Light",
  dark: "Dark",
};

function ThemeMenu(): ReactNode {
  const { choice, choose } = useTheme();
  const choices = ["system", "light", "dark"] as const;
  return (
    <Menu
      items={choices.map((each) => ({
        label: THEME_NAMES[each],
        icon: THEMES[each],
        onSelect: () => choose(each),
        ...(each === choice ? { note: "chosen" } : {}),
      }))}
    >
      <IconButton icon={THEMES[choice]} label="Theme" />
    </Menu>
  );
}

function PersonMenu(): ReactNode {
  const { name, role } = useRole();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const signOut = async (): Promise<void> => {
    await api.POST("/api/v1/auth/sign-out", { body: { everywhere: false } }).catch(() => undefined);
    queries.clear();
    await navigate({ to: "/sign-in", search: {} });
  };
  return (
    <Menu
      items={[
        {
          label: name === "" ? "Signed in" : name,
          note: role,
          icon: CircleUser,
          onSelect: () => void navigate({ to: "/users" }),
        },
        { label: "Sign out", icon: LogOut, apart: true, onSelect: () => void signOut() },
      ]}
    >
      <IconButton icon={CircleUser} label={name === "" ? "Account" : `Account of ${name}`} />
    </Menu>
  );
}
