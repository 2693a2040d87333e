import type { Received, Route } from "./api-server.ts";

type Item = Readonly<Record<string, unknown>>;

/** Pages as GitHub has them: an array, and the header `Link`. */
export function githubLike(items: () => readonly Item[], perPage = 3): Route {
  return ({ query, path, headers }) => {
    const page = Number(query.get("page") ?? 1);
    const size = Number(query.get("per_page") ?? perPage);
    const since = query.get("since");
    const all = items().filter((item) => since === null || String(item["updated_at"]) >= since);
    const shown = all.slice((page - 1) * size, page * size);
    const next = new URLSearchParams(query);
    next.set("page", String(page + 1));
    const base = `http://${headers.host}${path}`;
    const last = Math.max(1, Math.ceil(all.length / size));
    return {
      json: shown,
      headers:
        page < last
          ? { link: `<${base}?page=${last}>; rel="last", <${base}?${next.toString()}>; rel="next"` }
          : {},
    };
  };
}

/** Lists as Stripe has them: `has_more`, and `starting_after` the last id. */
export function stripeLike(items: () => readonly Item[], limit = 3): Route {
  return ({ query }) => {
    const after = query.get("starting_after");
    const all = items();
    const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
    const data = all.slice(from, from + limit);
    return { json: { object: "list", data, has_more: from + limit < all.length, url: "/v1/things" } };
  };
}

/** Pages as OData has them: `value` and `@odata.nextLink`. */
export function odataLike(items: () => readonly Item[], top = 3): Route {
  return ({ query, path, headers }) => {
    const skip = Number(query.get("$skip") ?? 0);
    const all = items();
    const more = skip + top < all.length;
    return {
      json: {
        "@odata.context": "x",
        value: all.slice(skip, skip + top),
        ...(more ? { "@odata.nextLink": `http://${headers.host}${path}?$skip=${skip + top}` } : {}),
      },
    };
  };
}

/** A GraphQL connection as Relay specifies it. Refuses what is no proper request. */
export function relayLike(items: () => readonly Item[], size = 3): Route {
  return (request) => {
    if (request.method !== "POST" || request.headers["content-type"] !== "application/json")
      return { status: 400, json: {} };
    const { query, variables } = JSON.parse(request.body) as {
      query?: string;
      variables?: { after?: string };
    };
    if (typeof query !== "string" || !query.includes("orders"))
      return { json: { errors: [{ message: "no query" }] } };
    const all = items();
    const from =
      variables?.after === undefined ? 0 : Number(Buffer.from(variables.after, "base64").toString());
    const end = Math.min(all.length, from + size);
    const endCursor = Buffer.from(String(end)).toString("base64");
    const pageInfo = { hasNextPage: end < all.length, endCursor };
    return { json: { data: { orders: { nodes: all.slice(from, end), pageInfo } } } };
  };
}

/** A token endpoint that checks strictly what it is asked, and the tokens that it gave out. */
export class TokenServer {
  readonly asked: URLSearchParams[] = [];
  /** Tokens that are valid now. */
  readonly valid = new Set<string>();
  /** What the next tokens say of their life; undefined: nothing. */
  expiresIn: number | undefined = 3_600;
  #count = 0;
  #refresh: string | undefined;

  /** @param refresh the refresh token that is valid at first; each use gives another one */
  constructor(refresh?: string) {
    this.#refresh = refresh;
  }

  readonly route: Route = (request) => {
    const fault = this.#fault(request);
    if (fault !== undefined)
      return { status: 401, json: { error: "invalid_client", error_description: fault } };
    const form = new URLSearchParams(request.body);
    this.asked.push(form);
    const grant = form.get("grant_type");
    if (grant === "refresh_token") {
      if (form.get("refresh_token") !== this.#refresh)
        return { status: 400, json: { error: "invalid_grant" } };
      this.#refresh = `refresh-token-${this.#count + 2}`;
    } else if (grant !== "client_credentials")
      return { status: 400, json: { error: "unsupported_grant_type" } };
    const token = `access-token-${++this.#count}`;
    this.valid.add(token);
    return {
      json: {
        access_token: token,
        token_type: "Bearer",
        ...(this.expiresIn === undefined ? {} : { expires_in: this.expiresIn }),
        ...(grant === "refresh_token" ? { refresh_token: this.#refresh } : {}),
      },
    };
  };

  /** A route that only those with a valid token get an answer from. */
  guard(route: Route): Route {
    return (request) => {
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
      if (token !== undefined && this.valid.has(token)) return route(request);
      return { status: 401, json: { message: "Bad credentials" } };
    };
  }

  #fault(request: Received): string | undefined {
    if (request.method !== "POST") return "not POST";
    if (request.headers["content-type"] !== "application/x-www-form-urlencoded") return "not a form";
    const expected = `Basic ${Buffer.from("client%2B1:s%3Acret-value").toString("base64")}`;
    return request.headers.authorization === expected ? undefined : "the client's credentials are wrong";
  }
}
