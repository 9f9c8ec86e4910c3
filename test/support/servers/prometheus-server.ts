import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPrometheusPrograms } from '../../../scripts/find-servers.mjs';
import { missingMessage } from '../../../scripts/plan-servers.mjs';
import { freePort } from '../free-port.js';
import type { ServerControl } from './server-control.js';
import { ServerProcess } from './server-process.js';

/** One series in the answer to a query. */
export interface QueryResult {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus on a port of its own that scrapes one application every second. Call {@link dispose} in the end. */
export class PrometheusServer {
  readonly #url: string;
  readonly #control: ServerControl;

  private constructor(url: string, control: ServerControl) {
    this.#url = url;
    this.#control = control;
  }

  /** Starts a server that scrapes `http://<target>/metrics`. @param target host and port */
  static async start(target: string): Promise<PrometheusServer> {
    const port = await freePort();
    const directory = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const config = join(directory, 'prometheus.yml');
    await writeFile(config, configuration(target));
    const url = `http://127.0.0.1:${port}`;
    const control = await ServerProcess.start({
      command: prometheusProgram('prometheus'),
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      directory,
      endSignal: 'SIGTERM',
      isReady: () => isReady(url),
    });
    return new PrometheusServer(url, control);
  }

  /** What an expression of PromQL gives now. @throws with the server's words when it is refused */
  async query(expression: string): Promise<readonly QueryResult[]> {
    const { result } = await this.#get<{ result: RawResult[] }>('query', { query: expression });
    return result.map(({ metric, value: [, value] }) => ({
      labels: metric,
      value: Number(value),
    }));
  }

  /** What the target says of a metric, by the name of its family. */
  async metadata(metric: string): Promise<readonly { type: string; unit: string; help: string }[]> {
    return this.#get('targets/metadata', { metric });
  }

  dispose(): Promise<void> {
    return this.#control.dispose();
  }

  async #get<T>(path: string, parameters: Record<string, string>): Promise<T> {
    const search = new URLSearchParams(parameters).toString();
    const response = await fetch(`${this.#url}/api/v1/${path}?${search}`);
    const answer = (await response.json()) as { status: string; error?: string; data: T };
    if (answer.status !== 'success') throw new Error(`Prometheus: ${answer.error}`);
    return answer.data;
  }
}

interface RawResult {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** The absolute path of a program. @throws when Prometheus is not here, with what to do */
export function prometheusProgram(name: 'prometheus' | 'promtool'): string {
  const folder = findPrometheusPrograms();
  if (folder === undefined) throw new Error(missingMessage(['prometheus']));
  return join(folder, name);
}

function configuration(target: string): string {
  return JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'service', static_configs: [{ targets: [target] }] }],
  });
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/-/ready`).catch(() => undefined);
  await response?.body?.cancel();
  return response?.status === 200;
}
