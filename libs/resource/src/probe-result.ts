/** What a probe found: which capabilities work. */
export interface ProbeResult {
  /** Whether each capability works; by convention `read` and `write`. */
  readonly capabilities: Readonly<Record<string, boolean>>;
  /** Facts worth showing: versions, free bytes, latencies. No secrets. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}
