import { MillraceError } from "@millrace/core";

/** What a proxy speaks, by the scheme of its address. */
export type ProxyProtocol = "http:" | "https:" | "socks5:";

/** Where a proxy is, and who asks. */
export interface ProxyAddress {
  readonly protocol: ProxyProtocol;
  readonly hostname: string;
  readonly port: number;
  /** Empty: nobody. */
  readonly username: string;
  readonly password: string;
  /** `http://proxy.example:3128`: without user and password, for people. */
  readonly shown: string;
}

const PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443, "socks5:": 1080 };

/**
 * Reads `http://user:password@host:port`, also `https://` and `socks5://` (`socks5h://` and `socks://` mean the same: the
 * proxy looks names up). Fails with MLR_ARGUMENT_INVALID, without the text, which may have a password.
 */
export function proxyAddress(text: string): ProxyAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url?.protocol.replace(/^socks5?h?:$/, "socks5:") ?? "";
  const standard = PORTS[scheme];
  if (url === undefined || standard === undefined || url.hostname === "") {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "The address of a proxy is none", {
      hint: "Write it as http://user:password@host:port; https:// and socks5:// are understood too. Characters such as @ in the password are written as %40.",
    });
  }
  const port = url.port === "" ? standard : Number(url.port);
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  return {
    protocol: scheme as ProxyProtocol,
    hostname,
    port,
    username: decoded(url.username),
    password: decoded(url.password),
    shown: `${scheme}//${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`,
  };
}

/** The value of `proxy-authorization`; undefined where the proxy has no user. */
export function proxyAuthorization({ username, password }: ProxyAddress): string | undefined {
  if (username === "" && password === "") return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
