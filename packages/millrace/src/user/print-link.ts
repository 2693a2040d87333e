import type { SignInLink } from "@millrace/api/auth";
import type { CliContext } from "../cli-context.ts";
import { servedAddress } from "../serve/served-address.ts";
import type { Access } from "./access.ts";

/** Where the dashboard is reached: as the settings say, else where it is served at the moment. */
async function dashboardAddress({ workspace }: Access): Promise<{ origin: string; guessed: boolean }> {
  const { apiUrl, apiPort, dataDirectory } = workspace.project.settings.values;
  const known = apiUrl ?? (await servedAddress(dataDirectory));
  return known === undefined
    ? { origin: `http://localhost:${apiPort ?? 8080}`, guessed: apiPort === undefined }
    : { origin: new URL(known).origin, guessed: false };
}

/** Prints a link that signs somebody in once. @param document what the JSON has besides */
export async function printLink(
  cli: CliContext,
  access: Access,
  given: { readonly link: SignInLink; readonly document: object; readonly heading: string },
): Promise<void> {
  const { link, document, heading } = given;
  const { origin, guessed } = await dashboardAddress(access);
  const url = `${origin}${link.path}`;
  const { style } = cli.printer;
  const elsewhere = guessed
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
