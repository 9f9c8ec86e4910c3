import { postgres } from '../postgres/postgres.js';
import { sqlite } from '../sqlite/sqlite.js';
import type { EngineDefinition } from './database-engine.js';

/** The engines by the scheme of the URL that chooses them. */
const ENGINES: Readonly<Record<string, EngineDefinition>> = {
  'sqlite:': sqlite,
  'postgres:': postgres,
  'postgresql:': postgres,
};

/** The schemes that a URL may have. */
export const ENGINE_PROTOCOLS: readonly string[] = Object.keys(ENGINES);

/** The engine that a URL chooses, the only place where engines are told apart; `undefined` for one that is not known. */
export function engineOf(url: string): EngineDefinition | undefined {
  const protocol = /^[a-z]+:/i.exec(url)?.[0].toLowerCase() ?? '';
  return Object.hasOwn(ENGINES, protocol) ? ENGINES[protocol] : undefined;
}
