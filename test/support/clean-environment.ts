/** What npm, vitest and the modules of Mainstay read from the environment; a consumer starts without it. */
const foreign =
  /^(npm_(?!config_(registry|cache|cafile))|VITEST|TEST$|NODE_ENV$|NODE_OPTIONS$|PORT$|HOST$|(CACHE|DATABASE|STORAGE|STATUS|CONFIG)_)/;

/** The environment of somebody's own shell: this process's, without what a test run adds to it. */
export function cleanEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(own), ...extra };
}
