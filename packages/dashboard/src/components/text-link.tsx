import { createLink } from "@tanstack/react-router";
import type { ComponentProps, ReactNode } from "react";
import { buttonClass, type ButtonKind } from "./button.tsx";
import { classNames } from "./class-names.ts";

function Anchor({ className, ...rest }: ComponentProps<"a">): ReactNode {
  return (
    <a
      {...rest}
      className={classNames("rounded-sm text-accent underline-offset-2 hover:underline", className)}
    />
  );
}

/** A link inside of text or a table, typed by the route table. */
export const TextLink = createLink(Anchor);

interface ButtonAnchorProps extends ComponentProps<"a"> {
  readonly kind?: ButtonKind;
  readonly size?: "small" | "normal";
}

function ButtonAnchor({ kind, size, className, ...rest }: ButtonAnchorProps): ReactNode {
  return <a {...rest} className={classNames(buttonClass(kind, size), className)} />;
}

/** A link that looks like a button: it goes somewhere. */
export const ButtonLink = createLink(ButtonAnchor);
