import {
  ArrowLeftRight,
  Bell,
  Bug,
  ChartNetwork,
  CircleUser,
  Database,
  FileText,
  Gauge,
  HardDrive,
  History,
  House,
  KeyRound,
  ListChecks,
  ListOrdered,
  Play,
  RadioTower,
  Rows3,
  ScrollText,
  Server,
  Settings,
  SquareActivity,
  Workflow,
  type LucideIcon,
} from "lucide-react";

/** Something that may be absent from an installation: its page is left out of the navigation then. */
export type Presence =
  "backfills" | "tasks" | "notifications" | "errors" | "collectors" | "sampling" | "documents";

/** A page in the navigation. */
export interface NavItem {
  readonly to: PagePath;
  readonly label: string;
  readonly icon: LucideIcon;
  /** Hidden while there is nothing of it. */
  readonly needs?: Presence | undefined;
  /** Only for administrators. */
  readonly admin?: boolean;
  /** Pressed after `g`: goes there. */
  readonly key?: string;
}

/** Pages whose address has no parts to fill in. */
export type PagePath =
  | "/"
  | "/pipelines"
  | "/runs"
  | "/backfills"
  | "/data"
  | "/lineage"
  | "/data-api"
  | "/collectors"
  | "/sampling"
  | "/documents"
  | "/queues"
  | "/tasks"
  | "/workers"
  | "/logs"
  | "/events"
  | "/errors"
  | "/notifications"
  | "/storage"
  | "/settings"
  | "/secrets"
  | "/users"
  | "/audit";

interface NavSection {
  /** Absent: at the top, without a heading. */
  readonly title?: string;
  readonly items: readonly NavItem[];
}

/** All pages that can be gone to from anywhere, in the order of the navigation. */
export const NAVIGATION: readonly NavSection[] = [
  {
    items: [
      { to: "/", label: "Home", icon: House, key: "h" },
      { to: "/pipelines", label: "Pipelines", icon: Workflow, key: "p" },
      { to: "/runs", label: "Runs", icon: Play, key: "r" },
      { to: "/backfills", label: "Backfills", icon: History, needs: "backfills", key: "b" },
      { to: "/collectors", label: "Collectors", icon: RadioTower, needs: "collectors", key: "c" },
      { to: "/sampling", label: "Sampling", icon: Gauge, needs: "sampling", key: "m" },
      { to: "/documents", label: "Documents", icon: FileText, needs: "documents", key: "o" },
    ],
  },
  {
    title: "Data",
    items: [
      { to: "/data", label: "Tables", icon: Database, key: "d" },
      { to: "/lineage", label: "Lineage", icon: ChartNetwork, key: "i" },
      { to: "/data-api", label: "Data in and out", icon: ArrowLeftRight, key: "a" },
    ],
  },
  {
    title: "Operations",
    items: [
      { to: "/errors", label: "Errors", icon: Bug, needs: "errors", key: "e" },
      { to: "/logs", label: "Logs", icon: ScrollText, key: "l" },
      { to: "/events", label: "Events", icon: SquareActivity, key: "v" },
      { to: "/queues", label: "Queues", icon: ListOrdered, key: "q" },
      { to: "/tasks", label: "Tasks", icon: ListChecks, needs: "tasks", key: "t" },
      { to: "/workers", label: "Workers", icon: Server, key: "w" },
      { to: "/notifications", label: "Notifications", icon: Bell, needs: "notifications", key: "n" },
      { to: "/storage", label: "Storage", icon: HardDrive },
    ],
  },
  {
    title: "Administration",
    items: [
      { to: "/settings", label: "Settings", icon: Settings, key: "s" },
      { to: "/secrets", label: "Secrets", icon: KeyRound },
      { to: "/users", label: "Users and tokens", icon: CircleUser, admin: true },
      { to: "/audit", label: "Audit", icon: Rows3, admin: true },
    ],
  },
];
