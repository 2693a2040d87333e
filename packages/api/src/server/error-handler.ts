import { ERROR_CODES, type ErrorCode, MillraceError } from "@millrace/core";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { ApiLogger } from "./api-logger.ts";
import type { ErrorAnswer } from "./error-answer.ts";
import { tellingOf } from "./error-status.ts";

/** An answer, and whether the log has to know more than the client. */
interface Told {
  readonly status: number;
  readonly answer: ErrorAnswer;
  readonly fault: boolean;
}

/**
 * Makes what sends errors: always `{ code, message, details, hint }`. What is no MillraceError of a code that a client can
 * meet becomes a 500 that tells an id alone; under this id the log has the error itself.
 */
export function errorHandler(
  logger: ApiLogger,
): (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  return (error, request, reply) => {
    const { status, answer, fault } = tell(error, request.id);
    if (fault) {
      const { method, routeOptions } = request;
      logger.error({ error, id: request.id, method, route: routeOptions.url }, "A request failed");
    }
    const seconds = answer.details["retryAfterSeconds"];
    if (typeof seconds === "number") reply.header("retry-after", seconds);
    if (status === 401) reply.header("www-authenticate", 'Bearer realm="Millrace"');
    return reply.code(status).header("cache-control", "no-store").type("application/json").send(answer);
  };
}

/** What a client is told of an error. @param id under which the log has it */
function tell(error: unknown, id: string): Told {
  if (error instanceof MillraceError) return ofMillrace(error, id);
  const { code = "", statusCode = 500 } = (error ?? {}) as Partial<FastifyError>;
  if (UNAVAILABLE.test(code)) {
    return ofMillrace(new MillraceError("MLR_CONTROL_UNAVAILABLE", "", { cause: error }), id);
  }
  const known = REQUEST_ERRORS[code];
  if (known !== undefined) return ofMillrace(known, id);
  if (statusCode >= 400 && statusCode < 500 && code.startsWith("FST_")) {
    const refused = new MillraceError("MLR_ARGUMENT_INVALID", "The request cannot be read", {
      hint: "Send JSON with the header Content-Type: application/json.",
    });
    return { ...ofMillrace(refused, id), status: statusCode };
  }
  return faultOf("MLR_INTERNAL", id);
}

function ofMillrace(error: MillraceError, id: string): Told {
  const telling = tellingOf(error.code);
  if (telling === undefined) return faultOf(error.code, id);
  const own = telling.words === "own";
  return {
    status: telling.status,
    fault: telling.status >= 500,
    answer: {
      code: error.code,
      message: own ? error.message : ERROR_CODES[error.code].means,
      details: own ? error.details : {},
      hint: own
        ? (error.hint ?? null)
        : "Try again in a moment; `millrace doctor` looks at the databases, and the log has more.",
    },
  };
}

function faultOf(code: ErrorCode, id: string): Told {
  return {
    status: 500,
    fault: true,
    answer: {
      code,
      message: code === "MLR_INTERNAL" ? "Something went wrong in the server" : ERROR_CODES[code].means,
      details: { id },
      hint: `The log of the platform has what happened under the id ${id}.`,
    },
  };
}

/** Codes of PostgreSQL and of sockets for a database that is away, restarts, or took too long. */
const UNAVAILABLE = /^(08...|57P0.|57014|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;

const JSON_HINT = "Send JSON with the header Content-Type: application/json.";

/** What Fastify refuses before a route is reached. */
const REQUEST_ERRORS: Readonly<Record<string, MillraceError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: new MillraceError(
    "MLR_REQUEST_TOO_LARGE",
    "The body of the request is too large",
    { hint: "At most 1 MiB is taken." },
  ),
  FST_ERR_CTP_INVALID_JSON_BODY: new MillraceError("MLR_ARGUMENT_INVALID", "The body is not valid JSON", {
    hint: JSON_HINT,
  }),
  FST_ERR_CTP_EMPTY_JSON_BODY: new MillraceError("MLR_ARGUMENT_INVALID", "The body is empty", {
    hint: "Send a JSON object, `{}` where there is nothing to say, or leave out Content-Type.",
  }),
};
