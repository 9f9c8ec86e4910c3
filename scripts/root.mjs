import { fileURLToPath } from 'node:url';

/** The repository's root, as an absolute path that ends in a separator. */
export const root = fileURLToPath(new URL('../', import.meta.url));
