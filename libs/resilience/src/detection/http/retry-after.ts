/** Headers as libraries keep them: with a `get` method, or as an object of names and values. */
interface Headers {
  readonly get?: unknown;
}

/**
 * How long an answer asks to wait, in milliseconds: its header `Retry-After` (RFC 9110, section 10.2.3). A date is counted
 * from the answer's own header `Date`, so that no clock is read and a wrong one does not matter; without that header a
 * date says nothing.
 */
export function retryAfterMsOf(headers: unknown): number | undefined {
  const value = headerOf(headers, 'retry-after');
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  const waitMs = Date.parse(value) - Date.parse(headerOf(headers, 'date') ?? '');
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

function headerOf(headers: unknown, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const { get } = headers as Headers;
  const value: unknown =
    typeof get === 'function'
      ? get.call(headers, name)
      : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === 'string' ? value.trim() : undefined;
}
