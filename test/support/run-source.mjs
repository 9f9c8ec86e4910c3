import { fileURLToPath } from 'node:url';
import { createViteServer } from 'vitest/node';

/** Runs a TypeScript file in this process as the tests see it, without a build: `node run-source.mjs <file>`. */
const server = await createViteServer({
  configFile: fileURLToPath(new URL('../../vitest.config.ts', import.meta.url)),
  root: fileURLToPath(new URL('../..', import.meta.url)),
  appType: 'custom',
  logLevel: 'error',
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
});
try {
  await import('reflect-metadata');
  await server.ssrLoadModule(process.argv[2]);
} finally {
  await server.close();
}
