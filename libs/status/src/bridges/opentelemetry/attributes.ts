/**
 * Names of attributes. Those of databases and `error.type` are OpenTelemetry's semantic conventions, all stable; the rest
 * is in a namespace of our own.
 * @see https://opentelemetry.io/docs/specs/semconv/db/database-spans/
 * @see https://opentelemetry.io/docs/specs/semconv/general/recording-errors/
 */
export const ATTRIBUTES = {
  dbSystem: 'db.system.name',
  dbOperation: 'db.operation.name',
  errorType: 'error.type',
  resource: 'mainstay.resource.name',
  operation: 'mainstay.operation.name',
  /** Number of the try that begins; 2 for the first retry. */
  tryNumber: 'mainstay.try.number',
} as const;

/** The instrumentation scope of everything that the bridge emits. */
export const SCOPE = 'nestjs-mainstay';
