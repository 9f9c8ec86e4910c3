import { serviceEntry } from './compile.mjs';
import { setUp } from './set-up.mjs';

await setUp(async () => {
  // Loaded only now: it needs the installed compiler.
  const { transpile } = await import('./transpile.mjs');
  transpile();
  return true;
});

// The service runs in this very process: whoever signals `npm start` signals the service.
await import(new URL(`../${serviceEntry}`, import.meta.url).href);
