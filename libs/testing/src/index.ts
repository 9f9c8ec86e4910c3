export { FakeClock } from './fake-clock.js';
export { RecordedCalls } from './recorded-calls.js';
export { StagedFaults, type StagedFault } from './staged-faults.js';
