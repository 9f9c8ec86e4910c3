/** What `/status.json` tells of an incident. */
export interface ReportedIncident {
  readonly resource: string;
  /** Wall times in milliseconds. */
  readonly start: number;
  readonly end?: number;
  readonly recoveryMs?: number;
}

/** The incidents of one resource of a service, in the order in which they began. */
export async function incidentsOf(
  baseUrl: string,
  resource: string,
): Promise<readonly ReportedIncident[]> {
  const response = await fetch(`${baseUrl}/status.json`);
  const { incidents } = (await response.json()) as { incidents: readonly ReportedIncident[] };
  return incidents.filter((incident) => incident.resource === resource);
}
