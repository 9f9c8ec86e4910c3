import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as resilience from 'nestjs-mainstay/resilience';
import * as testing from 'nestjs-mainstay/testing';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { publicNames } from '../../scripts/public-names.mjs';
import { run as runLegacy } from './resilient/stock.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const file = `${repository}test/contract/resilient/stock.ts`;
const WHAT_HAPPENS = [
  'counted 18',
  'y queued after reset, 7 left',
  'Stock 2026',
  'x in the warehouse',
  'x in the warehouse',
  'x in the warehouse',
  'y true',
  'CIRCUIT_OPEN',
];

/** The module, compiled with standard decorators, as it runs. */
async function standard(): Promise<{ run: () => Promise<string[]> }> {
  const { outputText } = ts.transpileModule(await readFile(file, 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  expect(outputText).toContain('__esDecorate');
  const modules: Record<string, unknown> = {
    'nestjs-mainstay/resilience': resilience,
    'nestjs-mainstay/testing': testing,
  };
  const exported = {} as { run: () => Promise<string[]> };
  // oxlint-disable-next-line typescript/no-implied-eval -- it is our own file, compiled above
  new Function('exports', 'require', outputText)(exported, (name: string) => modules[name]);
  return exported;
}

/** What the compiler says of the file without `experimentalDecorators`. */
function problems(): string[] {
  const paths = Object.fromEntries(
    publicNames().map(({ name, source }) => [name, [repository + source]]),
  );
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    strict: true,
    types: ['node'],
    noEmit: true,
    paths,
  });
  return program
    .getSemanticDiagnostics(program.getSourceFile(file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('@Resilient on the two kinds of decorators', () => {
  it("does the same with TypeScript's legacy ones …", async () => {
    expect(await runLegacy()).toEqual(WHAT_HAPPENS);
  });

  it('… and with standard ones', async () => {
    const { run } = await standard();
    expect(await run()).toEqual(WHAT_HAPPENS);
  });

  it('has types that fit the methods it may mark, and no others, as a standard decorator, too', () => {
    expect(problems()).toEqual([]);
  }, 60_000);

  it('refuses accessors and fields as a standard decorator, too', () => {
    const mark = resilience.Resilient() as unknown as (value: unknown, context: object) => void;
    for (const kind of ['getter', 'setter', 'field', 'accessor', 'class']) {
      expect(() => mark(() => 1, { kind, name: 'rate' })).toThrow(
        `@Resilient on rate: it marks methods, and this is a ${kind}.`,
      );
    }
  });
});
