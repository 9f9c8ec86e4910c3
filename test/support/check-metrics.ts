import { spawnSync } from 'node:child_process';
import { prometheusProgram } from './servers/prometheus-server.js';

/**
 * Asks the real `promtool check metrics` about a text in the Prometheus format 0.0.4.
 * @returns what it complains of; empty when it finds nothing
 */
export function checkMetrics(text: string): string {
  const { status, stdout, stderr, error } = spawnSync(
    prometheusProgram('promtool'),
    ['check', 'metrics'],
    { input: text, encoding: 'utf8' },
  );
  if (error) throw error;
  const complaints = stdout + stderr;
  return status === 0 || complaints !== '' ? complaints : `promtool ended with code ${status}`;
}
