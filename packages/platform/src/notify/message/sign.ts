import type { NotificationItem, NotificationMessage } from "./notification-message.ts";

/** A sign that can be seen from afar, for services that show it. */
export function signOf({
  kind,
  severity,
}: Pick<NotificationItem | NotificationMessage, "kind" | "severity">): string {
  if (kind === "recovery") return "🟢";
  if (kind === "test" || severity === "info") return "🔵";
  return severity === "warning" ? "🟠" : "🔴";
}
