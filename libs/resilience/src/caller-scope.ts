import { AsyncResource } from 'node:async_hooks';

/**
 * The asynchronous context of a call: what its caller keeps in an `AsyncLocalStorage`, a tenant or a trace. A timer that
 * calls share, or an abort, continues a call from the context of somebody else; it enters the call's own by this.
 */
export class CallerScope extends AsyncResource {
  constructor() {
    super('MainstayCall');
  }
}
