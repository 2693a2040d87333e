import type { FunctionStats } from "./function-stats.ts";

/** Any generator, as far as it is needed here. */
interface AnyGenerator {
  next(...values: unknown[]): unknown;
  return(...values: unknown[]): unknown;
  throw(...values: unknown[]): unknown;
}

type Step = (...values: never[]) => unknown;

/** True for what generator functions return. */
export function isGenerator(value: unknown): value is AnyGenerator {
  return (
    typeof value === "object" &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value) &&
    "next" in value &&
    "return" in value &&
    "throw" in value &&
    typeof value.next === "function"
  );
}

/**
 * The same generator, measured as one call from its first step to its end: the time that its own code takes, without that
 * of whoever consumes it. One that is never started is not counted.
 */
export function measureGenerator<G extends AnyGenerator>(
  generator: G,
  stats: FunctionStats,
  now: () => number,
): G {
  let spent = 0;
  let over = false;
  const end = (failed: boolean): void => {
    if (over) return;
    over = true;
    if (failed) stats.failed(spent);
    else stats.done(spent);
  };
  const took = (result: unknown, started: number, last: boolean): unknown => {
    spent += now() - started;
    if (last || (result as IteratorResult<unknown>).done === true) end(false);
    return result;
  };
  const step = (name: "next" | "return" | "throw"): Step => {
    return (...values) => {
      const started = now();
      const failed = (error: unknown): never => {
        spent += now() - started;
        end(true);
        throw error;
      };
      let result: unknown;
      try {
        result = generator[name](...values);
      } catch (error) {
        return failed(error);
      }
      const last = name === "return";
      if (result instanceof Promise) return result.then((value) => took(value, started, last), failed);
      return took(result, started, last);
    };
  };
  const steps: Record<string, Step> = { next: step("next"), return: step("return"), throw: step("throw") };
  return new Proxy(generator, {
    get(target, name, self) {
      if (name === Symbol.asyncIterator || name === Symbol.iterator) return () => self as unknown;
      if (typeof name === "string" && Object.hasOwn(steps, name)) return steps[name];
      const value: unknown = Reflect.get(target, name, target);
      // Methods of a generator want the generator itself.
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
