import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

/** Paints text for one stream. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/** Colours where `stream` is a terminal that shows them; none otherwise, or when NO_COLOR is set. */
export function styleFor(stream: NodeJS.WriteStream): Style {
  const paint =
    (format: Format) =>
    (text: string): string =>
      styleText(format, text, { stream, validateStream: true });
  return {
    bold: paint("bold"),
    dim: paint("dim"),
    red: paint("red"),
    green: paint("green"),
    yellow: paint("yellow"),
    cyan: paint("cyan"),
  };
}
