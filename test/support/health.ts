/** What `/health` tells of one resource. */
export interface ReportedHealth {
  readonly state: 'up' | 'degraded' | 'down' | 'unknown';
  readonly message?: string;
}

/** The health of one resource of a service. */
export async function healthOf(baseUrl: string, resource: string): Promise<ReportedHealth> {
  const response = await fetch(`${baseUrl}/health`);
  const { details } = (await response.json()) as { details: Record<string, ReportedHealth> };
  const health = details[resource];
  if (!health) throw new Error(`/health does not know ${resource}.`);
  return health;
}
