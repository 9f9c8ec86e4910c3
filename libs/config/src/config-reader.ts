import type { ConfigKey } from './config-key.js';
import type { ConfigRequest } from './config-request.js';

/** Who reads one environment variable as what. */
export interface ConfigReader {
  readonly variable: string;
  readonly request: ConfigRequest;
  readonly key: ConfigKey;
}

/** The variables that a request reads. */
export function readersOf(request: ConfigRequest): readonly ConfigReader[] {
  return request.definition.keys.map((key) => ({
    variable: request.variable(key.name),
    request,
    key,
  }));
}
