/** What both HTTP adapters' responses can do before they are sent. */
export interface ResponseHead {
  header(name: string, value: string): unknown;
  status(code: number): unknown;
}

/** Sets several headers. */
export function setHeaders(
  response: ResponseHead,
  headers: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(headers)) response.header(name, value);
}
