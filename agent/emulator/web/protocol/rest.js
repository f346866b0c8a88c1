/**
 * One call in AWS's rest-json: JSON in, JSON out, and a refusal as one kind of error.
 *
 * Must not know what any operation means.
 */

/** The server said no, or could not be reached (`status` is 0 then). `type` is AWS's name of the error. */
export class Refused extends Error {
  constructor({ operation, status, type, message }) {
    super(message);
    this.name = "Refused";
    this.operation = operation;
    this.status = status;
    this.type = type;
  }

  /** Worth another try with the same ClientToken. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const CALL_LIMIT = 20_000; // milliseconds

/** Call `operation` and give its answer. Throws `Refused`. */
export async function call(operation, { method = "POST", path, bearer, body }) {
  const headers = { "Content-Type": "application/json" };
  if (bearer) headers["X-Amz-Bearer"] = bearer;
  const response = await reach(operation, path, {
    method,
    headers,
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(CALL_LIMIT),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw refusal(operation, response, answer);
  return answer;
}

/** `fetch`, with a network failure told as `Refused`. */
export async function reach(operation, url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    const slow = error.name === "TimeoutError";
    const message = slow ? "The server did not answer in time" : "The server cannot be reached";
    throw new Refused({ operation, status: 0, type: error.name, message });
  }
}

/** The error that an unsuccessful answer tells. */
export function refusal(operation, response, answer = {}) {
  const type = (response.headers.get("x-amzn-ErrorType") ?? answer.__type ?? "").split(":")[0];
  const message = answer.Message ?? answer.message ?? `The server answered ${response.status}`;
  return new Refused({ operation, status: response.status, type, message });
}
