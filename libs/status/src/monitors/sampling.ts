/** Time between two samples of what was counted, in milliseconds. */
export const SAMPLE_INTERVAL_MS = 5_000;

/** Samples of one minute: both ends of it. */
export const MINUTE_SAMPLES = 60_000 / SAMPLE_INTERVAL_MS + 1;
