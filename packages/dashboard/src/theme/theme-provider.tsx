import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";

/** What a person chose; `system`: as the operating system says. */
export type ThemeChoice = "system" | "light" | "dark";

interface Theme {
  readonly choice: ThemeChoice;
  /** What is shown. */
  readonly shown: "light" | "dark";
  readonly choose: (choice: ThemeChoice) => void;
}

/** Also read by public/theme.js, before the first paint. */
const KEPT = "millrace.theme";
const DARK = "(prefers-color-scheme: dark)";
const ThemeContext = createContext<Theme>({ choice: "system", shown: "light", choose: () => {} });

/** Puts the theme on the document and keeps what a person chose. */
export function ThemeProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [choice, setChoice] = useState<ThemeChoice>(kept);
  const [systemDark, setSystemDark] = useState(() => matchMedia(DARK).matches);
  useEffect(() => {
    const media = matchMedia(DARK);
    const follow = (): void => setSystemDark(media.matches);
    media.addEventListener("change", follow);
    return () => media.removeEventListener("change", follow);
  }, []);
  const shown = choice === "system" ? (systemDark ? "dark" : "light") : choice;
  useEffect(() => {
    document.documentElement.dataset["theme"] = shown;
  }, [shown]);
  const theme = useMemo<Theme>(
    () => ({ choice, shown, choose: (next) => keep(next, setChoice) }),
    [choice, shown],
  );
  return <ThemeContext value={theme}>{children}</ThemeContext>;
}

/** The theme; charts that draw on a canvas draw again when `shown` changes. */
export function useTheme(): Theme {
  return use(ThemeContext);
}

function kept(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEPT);
    return value === "dark" || value === "light" ? value : "system";
  } catch {
    return "system";
  }
}

function keep(choice: ThemeChoice, set: (choice: ThemeChoice) => void): void {
  set(choice);
  try {
    if (choice === "system") localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, choice);
  } catch {
    // A browser that keeps nothing shows the choice until the page is left.
  }
}
