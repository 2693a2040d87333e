import { MillraceError } from "../errors.ts";
import { currentProfile } from "./current-profile.ts";
import { numberOf } from "./function-names.ts";
import { isGenerator, measureGenerator } from "./measure-generator.ts";

/** Any function. */
export type AnyFunction = (...values: never[]) => unknown;

/**
 * The same function, whose calls are counted in the run that makes them: how many, how many failed, how long they took in
 * all, on average, in 95 % of cases and at most. `millrace show` and `millrace functions` show it. A promise is measured
 * until it settles, a generator for as long as its own code runs. Outside of runs nothing is measured.
 * Functions of the same name count as one. Fails with MLR_ARGUMENT_INVALID where there is no name.
 * @example const parse = watch("parse", (text: string) => JSON.parse(text));
 */
export function watch<F extends AnyFunction>(fn: F): F;
export function watch<F extends AnyFunction>(name: string, fn: F): F;
export function watch<F extends AnyFunction>(nameOrFunction: string | F, given?: F): F {
  const fn = typeof nameOrFunction === "function" ? nameOrFunction : given;
  if (typeof fn !== "function") {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "watch() was given no function", {
      hint: 'Write watch(parse), or watch("parse", (text) => …).',
    });
  }
  const name = typeof nameOrFunction === "string" ? nameOrFunction : fn.name;
  if (name === "") {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "watch() was given a function without a name", {
      hint: 'Name it: watch("parse", (text) => …).',
    });
  }
  return measured(name, fn);
}

function measured<F extends AnyFunction>(name: string, fn: F): F {
  const number = numberOf(name);
  const call = fn as unknown as (this: unknown, ...values: unknown[]) => unknown;
  const wrapped = function (this: unknown, ...values: unknown[]): unknown {
    const profile = currentProfile();
    if (profile === undefined) return Reflect.apply(call, this, values);
    const stats = profile.of(number);
    const { now } = profile;
    const started = now();
    let result: unknown;
    try {
      result = Reflect.apply(call, this, values);
    } catch (error) {
      stats.failed(now() - started);
      throw error;
    }
    if (typeof result === "object" && result !== null) {
      if (result instanceof Promise) {
        // What was thrown is passed on, so that a rejection which nobody handles is still seen.
        return result.then(
          (value: unknown) => {
            stats.done(now() - started);
            return value;
          },
          (error: unknown) => {
            stats.failed(now() - started);
            throw error;
          },
        );
      }
      if (isGenerator(result)) return measureGenerator(result, stats, now);
    }
    stats.done(now() - started);
    return result;
  };
  Object.defineProperty(wrapped, "name", { value: fn.name === "" ? name : fn.name, configurable: true });
  Object.defineProperty(wrapped, "length", { value: fn.length, configurable: true });
  // It takes and gives what the function does.
  return wrapped as unknown as F;
}
