import type { SignInLink } from "@millrace/api/auth";
import type { CliContext } from "../cli-context.ts";
import type { Access } from "./access.ts";

/** Where the dashboard is reached: as the settings say. */
function dashboardAddress({ workspace }: Access): string {
  const { apiUrl, apiPort } = workspace.project.settings.values;
  return apiUrl === undefined ? `http://localhost:${apiPort ?? 8080}` : new URL(apiUrl).origin;
}

/** Prints a link that signs somebody in once. @param document what the JSON has besides */
export function printLink(
  cli: CliContext,
  access: Access,
  given: { readonly link: SignInLink; readonly document: object; readonly heading: string },
): void {
  const { link, document, heading } = given;
  const url = `${dashboardAddress(access)}${link.path}`;
  const { style } = cli.printer;
  const { apiUrl, apiPort } = access.workspace.project.settings.values;
  const elsewhere =
    apiUrl === undefined && apiPort === undefined
      ? `\n${style.dim("Where `millrace up` said another port than 8080, put that in its place.")}`
      : "";
  cli.printer.result(
    { ...document, url, path: link.path, expiresAt: link.expiresAt.toISOString() },
    () =>
      `${heading}\n\n  ${url}\n\n${style.dim(`It signs in once, until ${timeOf(link.expiresAt)}.`)}${elsewhere}`,
  );
}

function timeOf(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}`;
}
