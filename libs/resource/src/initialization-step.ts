/** A named step of an initialisation. */
export interface InitializationStep {
  /** `'validate config'`, `'test connection'`, `'create connection'`, `'set options'`, `'test operations'`, … */
  readonly name: string;
  /**
   * Time for the step, in milliseconds.
   * @default 5000
   */
  readonly timeoutMs?: number;
  /** Does the step; whatever it throws fails the initialisation, which is then tried again from the first step. */
  run(signal: AbortSignal): Promise<void> | void;
}

/** How a step went when it ran last. */
export interface StepReport {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'running' | 'pending';
  readonly durationMs?: number;
  /** What went wrong, redacted. */
  readonly error?: string;
}
