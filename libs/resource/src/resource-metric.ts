/**
 * A number of a resource beside its operations: a size, a queue, a count of what happens inside. StatusModule shows it as
 * a metric with the label `resource`. Resources that give a metric of one name mean the same by it.
 *
 * @example
 * override readonly metrics: readonly ResourceMetric[] = [
 *   {
 *     name: 'shop_outbox_messages',
 *     type: 'gauge',
 *     help: 'Messages that wait to be sent.',
 *     read: () => this.outbox.size,
 *   },
 * ];
 */
export interface ResourceMetric {
  /**
   * The name as Prometheus shows it: a prefix of the application's own, and in the end the `unit`, if there is one, and
   * `_total` of a counter.
   */
  readonly name: string;
  /** A `counter` only grows, for as long as the process lives; a `gauge` goes up and down. */
  readonly type: 'counter' | 'gauge';
  /** One sentence for people. */
  readonly help: string;
  /** The base unit. @default none */
  readonly unit?: 'seconds' | 'bytes';
  /** A label beside `resource`, and all values that it has. @default none */
  readonly label?: { readonly name: string; readonly values: readonly string[] };
  /**
   * The number now, from what is at hand: it is asked for at each scrape, and waits for nothing. An error of it is logged,
   * and the number then stays what it was.
   * @param value of the label; `''` without one
   */
  read(value: string): number;
}
