import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';

const LIBS = new URL('../../', import.meta.url);
const CACHE = new URL('../build/typescript/', LIBS);

/** Finds the sources of the libs, as the alias of vitest.config.ts does. */
export function resolve(specifier, context, next) {
  const lib = /^nestjs-mainstay\/([a-z]+)$/.exec(specifier)?.[1];
  if (lib) return next(new URL(`${lib}/src/index.ts`, LIBS).href, context);
  const isRelative = specifier.startsWith('.') && specifier.endsWith('.js');
  const isOurs = isRelative && context.parentURL?.startsWith(LIBS.href);
  return next(isOurs ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

/** Strips the types of our sources. */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const text = await readFile(new URL(url), 'utf8');
  const source = await cached(text, () => transpile(text));
  return { format: 'module', source, shortCircuit: true };
}

/** Loading the compiler takes longer than most of the scripts that need it. */
async function cached(text, make) {
  const file = new URL(`${createHash('sha256').update(text).digest('hex')}.js`, CACHE);
  try {
    return await readFile(file, 'utf8');
  } catch {
    const made = await make();
    await mkdir(CACHE, { recursive: true });
    const temp = new URL(`${file.pathname}.${process.pid}`, file);
    await writeFile(temp, made);
    await rename(temp, file);
    return made;
  }
}

async function transpile(text) {
  const { default: ts } = await import('typescript');
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2022,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    useDefineForClassFields: false,
  };
  return ts.transpileModule(text, { compilerOptions }).outputText;
}
