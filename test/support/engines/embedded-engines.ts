import { join } from 'node:path';
import type { EngineVariables, ServiceEngines } from './service-engines.js';

/** The engines of the zero-setup mode: the memory of the process, and a file in the directory of the service. */
export class EmbeddedEngines implements ServiceEngines {
  readonly env: EngineVariables;

  constructor(dataDirectory: string) {
    this.env = {
      CACHE_URL: 'memory:',
      DATABASE_URL: `sqlite:${join(dataDirectory, 'documents.sqlite')}`,
    };
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}
