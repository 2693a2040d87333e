import type { OpenedApi } from "@millrace/api";
import type { Printer } from "../output/printer.ts";

/** Tells where the dashboard is, and how to sign in where nobody could yet. */
export function tellDashboard({ url, moved, firstSignIn }: OpenedApi, printer: Printer): void {
  const { bold, dim } = printer.errorStyle;
  if (moved) printer.note(dim("Port 8080 is taken; set MILLRACE_API_PORT to choose another one."));
  if (firstSignIn === undefined) {
    printer.note(`Dashboard: ${bold(url)}`);
    return;
  }
  printer.note(`Dashboard: ${bold(firstSignIn)}`);
  printer.note(
    dim(
      "This address signs you in as administrator, once and within 15 minutes; `millrace user link` makes a new one.",
    ),
  );
}
