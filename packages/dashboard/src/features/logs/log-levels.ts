/** How serious a line is. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

/** Levels to choose from, as the address names them. */
export const LOG_LEVELS = [
  { value: "", label: "All levels" },
  { value: "debug", label: "Debug and above" },
  { value: "info", label: "Info and above" },
  { value: "warn", label: "Warnings and errors" },
  { value: "error", label: "Errors" },
] as const satisfies readonly { readonly value: LogLevel | ""; readonly label: string }[];

/** The level that an address names; undefined: all, also where it names none that there is. */
export function logLevel(text: string | undefined): LogLevel | undefined {
  const found = LOG_LEVELS.find(({ value }) => value !== "" && value === text)?.value;
  return found === "" ? undefined : found;
}
