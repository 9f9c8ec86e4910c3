import type { PipelineOptions } from './resilience.options.js';

/** The presets of {@link pipelinePresets}. */
export type PipelinePreset = 'cache' | 'database' | 'storage' | 'http';

/**
 * How long kinds of dependencies are waited for, for `new ResiliencePipeline`, `Operations.of` and `@Resilient`. What a
 * preset does not say has the default of {@link PipelineOptions}, as do retries, breaker and limiter: those hold for
 * every kind. Frozen; spread one to change it.
 *
 * @example
 * operations.of(sessions, { ...pipelinePresets.cache, totalTimeoutMs: 500 });
 */
export const pipelinePresets: Readonly<Record<PipelinePreset, PipelineOptions>> = Object.freeze({
  /** A cache is there to be fast: what it cannot say in 250 ms, its source says sooner. 1 s for the whole call. */
  cache: Object.freeze({ tryTimeoutMs: 250, totalTimeoutMs: 1_000 }),
  /**
   * 10 s for a statement; 15 s for the call, since a second statement may hardly be let run as long: it holds a
   * connection of the pool.
   */
  database: Object.freeze({ tryTimeoutMs: 10_000, totalTimeoutMs: 15_000 }),
  /** Answers about objects, and small objects themselves; moving data is bounded by its progress instead. */
  storage: Object.freeze({ tryTimeoutMs: 10_000, totalTimeoutMs: 30_000 }),
  /** The numbers of Microsoft's standard resilience handler for `HttpClient` (Microsoft.Extensions.Http.Resilience). */
  http: Object.freeze({ tryTimeoutMs: 10_000, totalTimeoutMs: 30_000 }),
});
