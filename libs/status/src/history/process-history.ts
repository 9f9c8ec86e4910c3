import type { UsageSample } from '../monitors/resource-usage.js';
import { Column } from './column.js';
import type { TimeAxis } from './time-axis.js';

/** The process over the last ten minutes, a point each 5 s, oldest first; `null` where nothing is known. */
export interface ProcessHistoryReport {
  readonly rssBytes: readonly (number | null)[];
  readonly heapUsedBytes: readonly (number | null)[];
  readonly eventLoopP99Ms: readonly (number | null)[];
  /** Share of one core. */
  readonly cpuShare: readonly (number | null)[];
}

/** The process over the time that is kept: 1,920 bytes. Nothing is allocated for a point. */
export class ProcessHistory {
  readonly #rssBytes = new Column();
  readonly #heapUsedBytes = new Column();
  readonly #eventLoopP99Ms = new Column();
  readonly #cpuShare = new Column();

  /** Writes a point; one that was missed without a sample. */
  record(slot: number, sample?: UsageSample): void {
    this.#rssBytes.set(slot, sample?.rssBytes ?? NaN);
    this.#heapUsedBytes.set(slot, sample?.heapUsedBytes ?? NaN);
    this.#eventLoopP99Ms.set(slot, sample?.eventLoopDelayMs.p99 ?? NaN);
    this.#cpuShare.set(slot, sample?.cpuShare ?? NaN);
  }

  report(axis: TimeAxis): ProcessHistoryReport {
    return {
      rssBytes: this.#rssBytes.read(axis),
      heapUsedBytes: this.#heapUsedBytes.read(axis),
      eventLoopP99Ms: this.#eventLoopP99Ms.read(axis),
      cpuShare: this.#cpuShare.read(axis),
    };
  }
}
