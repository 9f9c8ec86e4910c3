import { detectHttpError, type DetectionRule } from 'nestjs-mainstay/resilience';

/** What the client of a partner throws for an answer that is an error. */
export class PartnerError extends Error {
  constructor(
    readonly status: number,
    /** Whether the answer came from the partner itself, not from the gateway before it. */
    readonly isOfPartner: boolean,
  ) {
    super(`The partner answered ${status}.`);
  }
}

/** While the partner is deployed, its gateway answers 404 to everything: that is no missing object. */
export const deploymentRule: DetectionRule = (error) => {
  if (!(error instanceof PartnerError) || error.isOfPartner) return undefined;
  const found = detectHttpError(error);
  return found && { kind: 'unavailable', type: `GATEWAY_${error.status}`, notSent: true };
};
