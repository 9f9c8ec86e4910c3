export { FakeClock } from './fake-clock.js';
export { RecordedCalls } from './recorded-calls.js';
export { StagedFaults, type FaultyCall, type StagedFault } from './staged-faults.js';
