import { defineMetric, OPEN } from './metric-definition.js';

const NO_LABELS = {} as const;

/** The kinds of garbage collection, as V8 tells them apart. */
export const GC_KINDS = ['major', 'minor', 'incremental', 'weakcb'] as const;

export const PROCESS_CPU_USER = defineMetric({
  name: 'process_cpu_user_seconds_total',
  type: 'counter',
  help: 'CPU time spent in user mode.',
  unit: 'seconds',
  labels: NO_LABELS,
});

export const PROCESS_CPU_SYSTEM = defineMetric({
  name: 'process_cpu_system_seconds_total',
  type: 'counter',
  help: 'CPU time spent in system mode.',
  unit: 'seconds',
  labels: NO_LABELS,
});

export const PROCESS_CPU = defineMetric({
  name: 'process_cpu_seconds_total',
  type: 'counter',
  help: 'CPU time spent in user and system mode.',
  unit: 'seconds',
  labels: NO_LABELS,
});

export const PROCESS_START_TIME = defineMetric({
  name: 'process_start_time_seconds',
  type: 'gauge',
  help: 'When the process started, in seconds since 1970.',
  unit: 'seconds',
  labels: NO_LABELS,
});

export const PROCESS_RESIDENT_MEMORY = defineMetric({
  name: 'process_resident_memory_bytes',
  type: 'gauge',
  help: 'Resident memory.',
  unit: 'bytes',
  labels: NO_LABELS,
});

export const PROCESS_MEMORY_LIMIT = defineMetric({
  name: 'process_memory_limit_bytes',
  type: 'gauge',
  help: 'Memory that the control group of the process may use; absent without a limit.',
  unit: 'bytes',
  labels: NO_LABELS,
});

export const PROCESS_OPEN_FDS = defineMetric({
  name: 'process_open_fds',
  type: 'gauge',
  help: 'Open file descriptors; absent elsewhere than on Linux.',
  labels: NO_LABELS,
});

export const PROCESS_MAX_FDS = defineMetric({
  name: 'process_max_fds',
  type: 'gauge',
  help: 'File descriptors that the process may have open; absent without a limit.',
  labels: NO_LABELS,
});

export const HEAP_TOTAL = defineMetric({
  name: 'nodejs_heap_size_total_bytes',
  type: 'gauge',
  help: 'Size of the heap.',
  unit: 'bytes',
  labels: NO_LABELS,
});

export const HEAP_USED = defineMetric({
  name: 'nodejs_heap_size_used_bytes',
  type: 'gauge',
  help: 'Used part of the heap.',
  unit: 'bytes',
  labels: NO_LABELS,
});

export const HEAP_LIMIT = defineMetric({
  name: 'nodejs_heap_size_limit_bytes',
  type: 'gauge',
  help: 'Size that the heap may reach before the process ends for lack of memory.',
  unit: 'bytes',
  labels: NO_LABELS,
});

export const EXTERNAL_MEMORY = defineMetric({
  name: 'nodejs_external_memory_bytes',
  type: 'gauge',
  help: 'Memory of buffers and other objects outside of the heap.',
  unit: 'bytes',
  labels: NO_LABELS,
});

export const EVENT_LOOP_LAG_MEAN = defineMetric({
  name: 'nodejs_eventloop_lag_mean_seconds',
  type: 'gauge',
  help: 'Mean delay of the event loop in the last sample of 5 s.',
  unit: 'seconds',
  labels: NO_LABELS,
});

export const EVENT_LOOP_LAG_P50 = defineMetric({
  name: 'nodejs_eventloop_lag_p50_seconds',
  type: 'gauge',
  help: 'Median delay of the event loop in the last sample of 5 s.',
  unit: 'seconds',
  labels: NO_LABELS,
});

export const EVENT_LOOP_LAG_P99 = defineMetric({
  name: 'nodejs_eventloop_lag_p99_seconds',
  type: 'gauge',
  help: '99th percentile of the delay of the event loop in the last sample of 5 s.',
  unit: 'seconds',
  labels: NO_LABELS,
});

export const EVENT_LOOP_LAG_MAX = defineMetric({
  name: 'nodejs_eventloop_lag_max_seconds',
  type: 'gauge',
  help: 'Longest delay of the event loop in the last sample of 5 s.',
  unit: 'seconds',
  labels: NO_LABELS,
});

export const EVENT_LOOP_UTILIZATION = defineMetric({
  name: 'nodejs_eventloop_utilization_ratio',
  type: 'gauge',
  help: 'Share of the last sample of 5 s in which the event loop was at work, not waiting.',
  labels: NO_LABELS,
});

export const GC_DURATION = defineMetric({
  name: 'nodejs_gc_duration_seconds',
  type: 'histogram',
  help: 'Time of the garbage collections.',
  unit: 'seconds',
  labels: { kind: GC_KINDS },
  buckets: [0.001, 0.01, 0.1, 1, 2, 5],
});

export const GC_SHARE = defineMetric({
  name: 'nodejs_gc_time_ratio',
  type: 'gauge',
  help: 'Share of the last sample of 5 s that garbage collections took.',
  labels: NO_LABELS,
});

export const NODEJS_VERSION = defineMetric({
  name: 'nodejs_version_info',
  type: 'gauge',
  help: 'Always 1; the label is the version of Node.js.',
  labels: { version: OPEN },
});
