import { MainstayError } from 'nestjs-mainstay/common';

/** Metrics of Mainstay have names that the registry of prom-client has given to others. */
export class MetricNameTakenError extends MainstayError<'METRIC_NAME_TAKEN'> {
  readonly code = 'METRIC_NAME_TAKEN';

  constructor(names: readonly string[]) {
    super(
      `The registry of prom-client already has metrics of these names: ${names.join(', ')}.\n` +
        'Potential solutions:\n' +
        '- when they come from collectDefaultMetrics(): PromClientModule.forRoot({ processMetrics: false }) leaves ours out;\n' +
        '- when another PromClientModule uses the same registry: give each application a registry of its own;\n' +
        '- otherwise: rename your metrics, or give the module a registry of its own and join the two by Registry.merge([…]).',
      { context: { names } },
    );
  }
}
