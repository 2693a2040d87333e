import { registerHooks } from "node:module";

const OWN = /^(?:millrace|@millrace\/[^/]+)(?:\/|$)/;
const LENT = /^zod(?:\/|$)/;

let registered = false;

/**
 * Makes `millrace` and `@millrace/*` mean the running copy, wherever they are imported from: a project works before its
 * `npm install`, and pipelines and engine are never of two versions. `zod` is lent to those who have none. Once per process.
 */
export function lendOwnPackages(): void {
  if (registered) return;
  registered = true;
  registerHooks({
    resolve(specifier, context, next) {
      const own = { ...context, parentURL: import.meta.url };
      if (OWN.test(specifier)) return next(specifier, own);
      if (!LENT.test(specifier)) return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return next(specifier, own);
      }
    },
  });
}
