import { Injectable } from '@nestjs/common';
import { Operations } from 'nestjs-mainstay/resource';

/** What an operator may do with a resource, behind a guarded route of your own. */
@Injectable()
export class MaintenanceService {
  constructor(private readonly operations: Operations) {}

  /** From now on nobody asks it: every call is rejected, or answered by its fallback. */
  takeOut(resource: string, why: string): void {
    this.operations.get(resource).breaker?.isolate(why);
  }

  /** The breaker lets everything through and only counts: when it opens for the wrong reasons. */
  watchOnly(resource: string): void {
    this.operations.get(resource).breaker?.metricsOnly();
  }

  /** Ends both; also closes a breaker that opened by itself, at once. */
  putBack(resource: string): void {
    this.operations.get(resource).breaker?.reset();
  }

  /** In flight, waiting, retry budget, and the breaker with its reason. */
  look(resource: string): unknown {
    return this.operations.get(resource).status();
  }
}
