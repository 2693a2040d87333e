import type { SitePage } from "./pages.ts";

/** A line of the navigation, and what is below it. */
export interface NavigationItem {
  readonly text: string;
  readonly link?: string;
  readonly collapsed?: boolean;
  readonly items?: readonly NavigationItem[];
}

/** Folders with their titles, in the order of the site. Guides stand in the groups that the README has. */
const FOLDERS = [
  { folder: "guides", title: "Guides" },
  { folder: "reference", title: "Reference" },
  { folder: "runbooks", title: "Runbooks" },
  { folder: "adr", title: "Decisions" },
  { folder: "project", title: "Project" },
] as const;
/** Pages that are told first. */
const FIRST = ["index.md", "overview.md", "features.md", "architecture.md"];

/** The navigation: every page once. @param readme the repository's, whose list groups the guides */
export function navigation(pages: readonly SitePage[], readme: string): NavigationItem[] {
  const top = pages.filter((page) => !page.path.includes("/"));
  const about = top.toSorted((a, b) => (a.title < b.title ? -1 : 1));
  return [
    { text: "About", items: ordered(about).map(item) },
    ...FOLDERS.map(({ folder, title }) => {
      const own = pages.filter((page) => page.path.startsWith(`${folder}/`));
      const items = folder === "guides" ? grouped(own, readme) : own.map(item);
      return { text: title, collapsed: folder !== "guides", items };
    }),
  ];
}

function ordered(pages: readonly SitePage[]): readonly SitePage[] {
  const first = FIRST.flatMap((path) => pages.filter((page) => page.path === path));
  return [...first, ...pages.filter((page) => !FIRST.includes(page.path))];
}

function item({ title, path }: SitePage): NavigationItem {
  return { text: title, link: `/${path.replace(/(?:index)?\.md$/, "")}` };
}

function grouped(guides: readonly SitePage[], readme: string): NavigationItem[] {
  const left = new Map(guides.map((page) => [page.path, page]));
  const groups: NavigationItem[] = [];
  for (const [, title = "", body = ""] of readme.matchAll(
    /^- \*\*([^*]+)\*\*:([\s\S]*?)(?=^- \*\*|^\s*$)/gm,
  )) {
    const items: NavigationItem[] = [];
    for (const [, path = ""] of body.matchAll(/\]\(docs\/(guides\/[\w-]+\.md)/g)) {
      const page = left.get(path);
      if (page === undefined) continue;
      left.delete(path);
      items.push(item(page));
    }
    if (items.length > 0) groups.push({ text: title, items });
  }
  return left.size === 0 ? groups : [...groups, { text: "More", items: [...left.values()].map(item) }];
}
