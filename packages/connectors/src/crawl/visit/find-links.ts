import type { Json } from "@millrace/core";
import type { Element } from "domhandler";
import { is } from "css-select";
import { toField } from "../extract/field.ts";
import type { Field } from "../extract/field.ts";
import type { Link } from "../frontier/visit.ts";
import type { CrawlRequest, FollowFunction, FollowRule, ResolvedCrawlOptions } from "../options.ts";
import type { Page } from "../page/page.ts";
import { compileSelector, selectAll, type Within } from "../page/select.ts";
import { compileMatcher } from "./matcher.ts";
import type { LinkMaker } from "./to-link.ts";

/** Links of one page beyond which no more are looked at: no page for people has as many. */
const MAX_LINKS = 20_000;

type FindLinks = (page: Page, obeysNofollow: boolean) => Link[];

/** Compiles `follow`. Fails with MLR_ARGUMENT_INVALID for a selector that is none. */
export function compileFollow(follow: ResolvedCrawlOptions["follow"], maker: LinkMaker): FindLinks {
  const finders = (Array.isArray(follow) ? follow : [follow]).map((each) => {
    if (typeof each === "function") return byFunction(each, maker);
    return byRule(
      typeof each === "string" ? { links: each, priority: 0, attribute: "href", nofollow: false } : each,
      maker,
    );
  });
  return (page, obeysNofollow) => finders.flatMap((find) => find(page, obeysNofollow));
}

function byFunction(follow: FollowFunction, maker: LinkMaker): FindLinks {
  return (page) => {
    const targets: Iterable<string | CrawlRequest> = follow(page);
    return Array.from(targets).flatMap(
      (target) => maker.link(target, { base: page.base, depth: page.depth + 1 }) ?? [],
    );
  };
}

function byRule(rule: FollowRule, maker: LinkMaker): FindLinks {
  const links = compileSelector(rule.links);
  const when = rule.when === undefined ? undefined : compileMatcher(rule.when);
  const carry = Object.entries(rule.carry ?? {}).map(([name, input]) => [name, toField(input)] as const);
  return (page, obeysNofollow) => {
    const found = new Map<string, Link>();
    for (const element of selectAll(links, page.document).slice(0, MAX_LINKS)) {
      const target = element.attribs[rule.attribute];
      if (target === undefined || target.startsWith("#")) continue;
      if (obeysNofollow && !rule.nofollow && isNofollow(element)) continue;
      const link = maker.link(target, { base: page.base, depth: page.depth + 1, priority: rule.priority });
      if (link === undefined || found.has(link.key)) continue;
      if (when !== undefined && !when(new URL(link.url))) continue;
      found.set(
        link.key,
        carry.length === 0
          ? link
          : { ...link, carried: carriedBy(carry, page, around(element, rule.within)) },
      );
    }
    return [...found.values()];
  };
}

function isNofollow({ attribs }: Element): boolean {
  return /\bnofollow\b/i.test(attribs["rel"] ?? "");
}

/** The closest element around a link that the selector is for; the link itself where there is none. */
function around(element: Element, within: string | undefined): Within {
  if (within === undefined) return element;
  const query = compileSelector(within);
  let current: Element | null = element;
  while (current !== null) {
    if (is(current, query)) return current;
    current = current.parent !== null && "attribs" in current.parent ? current.parent : null;
  }
  return element;
}

function carriedBy(
  carry: readonly (readonly [name: string, field: Field])[],
  page: Page,
  within: Within,
): Record<string, Json> {
  const row: Record<string, Json> = {};
  for (const [name, field] of carry) row[name] = (field.read({ page, within, row }) ?? null) as Json;
  return row;
}
