import { SpanKind, type Attributes } from '@opentelemetry/api';
import type { ResourceRegistry } from 'nestjs-mainstay/resource';
import { ATTRIBUTES } from './attributes.js';

/** Database systems that run inside of the process; the conventions have calls to others as `CLIENT`. */
const EMBEDDED: ReadonlySet<string> = new Set(['sqlite']);

/** What telemetry says of one operation of one resource. */
export interface OperationSubject {
  readonly isDatabase: boolean;
  readonly spanName: string;
  readonly kind: SpanKind;
  /** On spans and durations alike. */
  readonly attributes: Attributes;
}

/** Decides once for each operation what telemetry says of it. */
export class OperationSubjects {
  readonly #registry: Pick<ResourceRegistry, 'get'>;
  readonly #byResource = new Map<string, Map<string, OperationSubject>>();

  constructor(registry: Pick<ResourceRegistry, 'get'>) {
    this.#registry = registry;
  }

  of(resource: string, operation: string): OperationSubject {
    const known = this.#byResource.get(resource)?.get(operation);
    if (known) return known;
    const entry = this.#registry.get(resource);
    const subject = describeOperation(resource, operation, entry?.resource.system);
    // What is not registered yet may say later that it is a database.
    if (entry) this.#remember(resource, operation, subject);
    return subject;
  }

  #remember(resource: string, operation: string, subject: OperationSubject): void {
    const operations = this.#byResource.get(resource) ?? new Map<string, OperationSubject>();
    operations.set(operation, subject);
    this.#byResource.set(resource, operations);
  }
}

function describeOperation(
  resource: string,
  operation: string,
  system: string | undefined,
): OperationSubject {
  const spanName = `${operation} ${resource}`;
  const own = { [ATTRIBUTES.resource]: resource };
  if (system === undefined) {
    const attributes = { ...own, [ATTRIBUTES.operation]: operation };
    return { isDatabase: false, spanName, kind: SpanKind.INTERNAL, attributes };
  }
  const kind = EMBEDDED.has(system) ? SpanKind.INTERNAL : SpanKind.CLIENT;
  const database = { [ATTRIBUTES.dbSystem]: system, [ATTRIBUTES.dbOperation]: operation };
  return { isDatabase: true, spanName, kind, attributes: { ...database, ...own } };
}
