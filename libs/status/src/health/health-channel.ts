import { channel } from 'node:diagnostics_channel';
import type { HealthState, ResourceHealth } from './health-state.js';

/** Channel of `node:diagnostics_channel` on which each change of the health of a resource is published: {@link HealthMessage}. */
export const HEALTH_CHANNEL = 'mainstay:health';

/** The health of a resource changed. */
export interface HealthMessage {
  /** The state before; absent the first time. */
  readonly from?: HealthState;
  /** As it is now, its reason redacted: what HealthMonitor gives. */
  readonly health: ResourceHealth;
}

const changes = channel(HEALTH_CHANNEL);

/** @internal */
export function publishHealthChange(from: HealthState | undefined, health: ResourceHealth): void {
  if (!changes.hasSubscribers) return;
  const message: HealthMessage = { ...(from === undefined ? {} : { from }), health };
  changes.publish(message);
}
