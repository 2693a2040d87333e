import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { askTwice } from "./ask-master-password.ts";
import { askHidden, type Terminal } from "./ask-hidden.ts";

/** A terminal whose keys are pressed by the test. */
function terminal(): {
  terminal: Terminal;
  press: (keys: string) => void;
  shown: () => string;
  raw: boolean[];
} {
  const raw: boolean[] = [];
  const setRawMode = (mode: boolean): void => void raw.push(mode);
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode });
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  return {
    // Nothing else of a terminal's streams is used.
    terminal: { stdin, stderr } as unknown as Terminal,
    press: (keys) => void stdin.write(keys),
    shown: () => String(stderr.read() ?? ""),
    raw,
  };
}

test("what is typed is not shown, and can be corrected", async () => {
  const { terminal: tty, press, shown, raw } = terminal();
  const asked = askHidden(tty, "Password: ");
  press("wrong\u0015hunX\u007f");
  press("\u001b[200~tér🔑\u001b[201~\u001b[A2\r");
  expect(await asked).toBe("huntér🔑2");
  expect(shown()).toBe("Password: \n");
  expect(raw).toEqual([true, false]);
});

test("nothing typed, or the end of the input, is an error, and the terminal is as it was", async () => {
  for (const keys of ["\r", "\u0004"]) {
    const { terminal: tty, press, raw } = terminal();
    const asked = askHidden(tty, "Password: ");
    press(keys);
    await expect(asked).rejects.toThrow("Nothing was typed");
    expect(raw).toEqual([true, false]);
  }
});

test("a new password is asked for twice, and the two have to be the same", async () => {
  for (const [again, outcome] of [
    ["one", "one"],
    ["two", undefined],
  ] as const) {
    const { terminal: tty, press } = terminal();
    const asked = askTwice(tty, "New: ");
    press("one\r");
    setImmediate(() => press(`${again}\r`));
    if (outcome === undefined) await expect(asked).rejects.toThrow("not the same");
    else expect(await asked).toBe(outcome);
  }
});
