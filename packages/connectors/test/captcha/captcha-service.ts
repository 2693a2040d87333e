import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const url = z.url({ protocol: /^https?$/ });
const proxied = {
  proxyType: z.enum(["http", "socks4", "socks5"]),
  proxyAddress: z.string().min(1),
  proxyPort: z.number().int().min(1).max(65_535),
  proxyLogin: z.string().min(1).optional(),
  proxyPassword: z.string().min(1).optional(),
  userAgent: z.string().min(1),
  cookies: z.string().optional(),
};
const page = { websiteURL: url };
const members = {
  RecaptchaV2Task: {
    ...page,
    websiteKey: z.string().min(10),
    recaptchaDataSValue: z.string().optional(),
    isInvisible: z.boolean().optional(),
  },
  RecaptchaV2EnterpriseTask: {
    ...page,
    websiteKey: z.string().min(10),
    enterprisePayload: z.record(z.string(), z.unknown()).optional(),
    apiDomain: z.string().optional(),
  },
  HCaptchaTask: {
    ...page,
    websiteKey: z.string().min(10),
    isInvisible: z.boolean().optional(),
    enterprisePayload: z.record(z.string(), z.unknown()).optional(),
  },
  TurnstileTask: {
    ...page,
    websiteKey: z.string().min(10),
    action: z.string().optional(),
    cData: z.string().optional(),
    chlPageData: z.string().optional(),
  },
  FunCaptchaTask: {
    ...page,
    websitePublicKey: z.string().min(10),
    funcaptchaApiJSSubdomain: z.string().optional(),
    data: z.string().optional(),
  },
  GeeTestTask: {
    ...page,
    gt: z.string().length(32),
    challenge: z.string().min(32).optional(),
    version: z.union([z.literal(3), z.literal(4)]).optional(),
    geetestApiServerSubdomain: z.string().optional(),
    initParameters: z.record(z.string(), z.unknown()).optional(),
  },
};

/** Every task of the documentation by its type, with nothing else allowed in it. */
const TASKS: Readonly<Record<string, z.ZodType>> = {
  ImageToTextTask: z.strictObject({
    type: z.string(),
    body: z.base64().min(1),
    phrase: z.boolean().optional(),
    case: z.boolean().optional(),
    numeric: z.number().int().min(0).max(4).optional(),
    math: z.boolean().optional(),
    minLength: z.number().int().min(0).optional(),
    maxLength: z.number().int().min(0).optional(),
    comment: z.string().optional(),
  }),
  RecaptchaV3TaskProxyless: z.strictObject({
    type: z.string(),
    ...page,
    websiteKey: z.string().min(10),
    minScore: z.union([z.literal(0.3), z.literal(0.7), z.literal(0.9)]),
    pageAction: z.string().optional(),
    isEnterprise: z.boolean().optional(),
    apiDomain: z.string().optional(),
  }),
  ...Object.fromEntries(
    Object.entries(members).flatMap(([type, shape]) => [
      [`${type}Proxyless`, z.strictObject({ type: z.string(), ...shape })],
      [type, z.strictObject({ type: z.string(), ...shape, ...proxied })],
    ]),
  ),
};

const key = z.string().length(32);
const METHODS: Readonly<Record<string, z.ZodType>> = {
  createTask: z.strictObject({
    clientKey: key,
    task: z.looseObject({ type: z.string() }),
    softId: z.number().optional(),
    languagePool: z.enum(["en", "rn"]).optional(),
    callbackUrl: url.optional(),
  }),
  getTaskResult: z.strictObject({ clientKey: key, taskId: z.number().int() }),
  getBalance: z.strictObject({ clientKey: key }),
  reportIncorrectImageCaptcha: z.strictObject({ clientKey: key, taskId: z.number().int() }),
  reportIncorrectRecaptcha: z.strictObject({ clientKey: key, taskId: z.number().int() }),
  reportIncorrectHcaptcha: z.strictObject({ clientKey: key, taskId: z.number().int() }),
};

/** Which report takes which tasks. */
const REPORTED: Readonly<Record<string, RegExp>> = {
  reportIncorrectImageCaptcha: /^ImageToText/,
  reportIncorrectRecaptcha: /^Recaptcha/,
  reportIncorrectHcaptcha: /^HCaptcha/,
};

/** A task that was handed in. */
export interface ServiceTask {
  readonly id: number;
  readonly task: Readonly<Record<string, unknown>> & { readonly type: string };
  asked: number;
  reported: boolean;
}

/** A service of the createTask protocol on this machine. It refuses whatever the documentation does not have. */
export interface CaptchaService {
  readonly url: string;
  readonly key: string;
  readonly tasks: ServiceTask[];
  /** Calls that were refused because they are not as documented. */
  readonly faults: string[];
  /** How often `processing` is said before a task is ready. Default 1. */
  workFor: number;
  /** Error codes that calls of a method fail with, one after another. */
  readonly fail: Record<string, (readonly [errorId: number, errorCode: string])[]>;
  balance: number;
  price: number;
  /** True for a token that was sold and not used yet; it is used then. */
  redeem(token: string): boolean;
  /** Fails where it was called otherwise than documented. */
  close(): Promise<void>;
}

interface State extends CaptchaService {
  readonly tokens: Set<string>;
}

/** Starts the service on a port that is free. */
export async function captchaService(): Promise<CaptchaService> {
  const tokens = new Set<string>();
  const server = createServer((request, response) => {
    void answer(request, state).then(
      (said) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(said)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const state: State = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key: "0123456789abcdef0123456789abcdef",
    tasks: [],
    faults: [],
    workFor: 1,
    fail: {},
    balance: 1,
    price: 0.002,
    tokens,
    redeem: (token) => tokens.delete(token),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (state.faults.length > 0)
        throw new Error(`calls that are not as documented: ${state.faults.join("; ")}`);
    },
  };
  return state;
}

type Fault = (what: string) => unknown;

interface Call {
  readonly clientKey: string;
  readonly taskId: number;
  readonly task: ServiceTask["task"];
}

async function answer(request: IncomingMessage, state: State): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const method = (request.url ?? "").slice(1);
  const fault: Fault = (what) => {
    state.faults.push(`${method}: ${what}`);
    return { errorId: 99, errorCode: "ERROR_INCORRECT_REQUEST", errorDescription: what };
  };
  if (request.method !== "POST") return fault(`is sent with ${request.method}`);
  if (request.headers["content-type"] !== "application/json") return fault("is not sent as JSON");
  const schema = METHODS[method];
  if (schema === undefined) return fault("is no such method");
  const parsed = schema.safeParse(JSON.parse(Buffer.concat(pieces).toString("utf8")));
  if (!parsed.success) return fault(z.prettifyError(parsed.error));
  return called(method, parsed.data as Call, { state, fault });
}

function called(
  method: string,
  { clientKey, task, taskId }: Call,
  { state, fault }: { readonly state: State; readonly fault: Fault },
): unknown {
  if (clientKey !== state.key) {
    const errorDescription = "Account authorization key not found";
    return { errorId: 1, errorCode: "ERROR_KEY_DOES_NOT_EXIST", errorDescription };
  }
  const failing = state.fail[method]?.shift();
  if (failing !== undefined) return { errorId: failing[0], errorCode: failing[1], errorDescription: "" };
  if (method === "getBalance") return { errorId: 0, balance: state.balance };
  if (method === "createTask") return create(task, state, fault);
  const known = state.tasks.find(({ id }) => id === taskId);
  if (known === undefined) return { errorId: 16, errorCode: "ERROR_NO_SUCH_CAPCHA_ID", errorDescription: "" };
  return method === "getTaskResult" ? result(known, state) : report(method, known, fault);
}

function report(method: string, task: ServiceTask, fault: Fault): unknown {
  if (REPORTED[method]?.test(task.task.type) !== true) return fault(`takes no ${task.task.type}`);
  if (task.reported) return fault("was reported already");
  task.reported = true;
  return { errorId: 0, status: "success" };
}

function create(task: ServiceTask["task"], state: State, fault: (what: string) => unknown): unknown {
  const schema = TASKS[task.type];
  if (schema === undefined) return fault(`${task.type} is no such task`);
  const parsed = schema.safeParse(task);
  if (!parsed.success) return fault(`${task.type}: ${z.prettifyError(parsed.error)}`);
  if (state.balance < state.price)
    return { errorId: 10, errorCode: "ERROR_ZERO_BALANCE", errorDescription: "" };
  const id = 7_654_321 + state.tasks.length;
  state.tasks.push({ id, task, asked: 0, reported: false });
  return { errorId: 0, taskId: id };
}

function result(task: ServiceTask, state: State): unknown {
  if (task.asked++ < state.workFor) return { errorId: 0, status: "processing" };
  state.balance -= state.price;
  const token = `token-of-${task.id}`;
  state.tokens.add(token);
  return {
    errorId: 0,
    status: "ready",
    solution: solution(task, token),
    cost: state.price.toFixed(6),
    ip: "203.0.113.9",
    createTime: 1,
    endTime: 2,
    solveCount: 1,
  };
}

function solution({ task }: ServiceTask, token: string): object {
  const { type } = task;
  if (type.startsWith("Image")) return { text: token, url: "http://203.0.113.9/1.jpg" };
  if (type.startsWith("Turnstile") || type.startsWith("FunCaptcha"))
    return { token, userAgent: "Mozilla/5.0 worker" };
  if (!type.startsWith("GeeTest")) return { gRecaptchaResponse: token };
  return task["version"] === 4
    ? { captcha_id: "c", lot_number: "l", pass_token: token, gen_time: "1", captcha_output: "o" }
    : { challenge: "c", validate: token, seccode: `${token}|jordan` };
}
