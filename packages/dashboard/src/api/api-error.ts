/** What the API says when it refuses, or what kept a request from reaching it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** Status of the answer; 0 where there was none. */
  readonly status: number;
  /** Such as `MLR_RUN_NOT_FOUND`. */
  readonly code: string;
  /** What to do next. */
  readonly hint: string | undefined;
  readonly details: unknown;

  constructor(problem: {
    readonly status: number;
    readonly code: string;
    readonly message: string;
    readonly hint?: string | undefined;
    readonly details?: unknown;
  }) {
    super(problem.message);
    this.status = problem.status;
    this.code = problem.code;
    this.hint = problem.hint;
    this.details = problem.details;
  }
}

/** Reads an answer that says no; one that is not the API's own (a proxy's page) is told by its status. */
export async function readApiError(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const said = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const text = (key: string): string | undefined => {
    const value = said[key];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  return new ApiError({
    status: response.status,
    code: text("code") ?? `HTTP_${response.status}`,
    message: text("message") ?? `The server answered ${response.status} ${response.statusText}`.trim() + ".",
    hint: text("hint"),
    details: said["details"],
  });
}

/** The server could not be reached at all. */
export function unreachable(): ApiError {
  return new ApiError({
    status: 0,
    code: "UNREACHABLE",
    message: "The server cannot be reached.",
    hint: "It may be restarting, or the network is down. The page tries again by itself.",
  });
}
