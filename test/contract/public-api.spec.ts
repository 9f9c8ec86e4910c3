import { fileURLToPath } from 'node:url';

import ts from 'typescript';
import { describe, expect, it } from 'vitest';

import { publicNames } from '../../scripts/public-names.mjs';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const names = publicNames();
const program = ts.createProgram(
  names.map(({ source }) => repository + source),
  { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, types: [] },
);
const checker = program.getTypeChecker();

describe('the public API', () => {
  it.each(names)('of $name is what it was agreed to be', async ({ name, source }) => {
    const exported = exportsOf(repository + source);
    expect(exported.length).toBeGreaterThan(0);
    await expect(`${exported.join('\n')}\n`).toMatchFileSnapshot(
      `public-api/${name.replaceAll('/', '.')}.txt`,
    );
  });
});

/** What a file exports, one line each: the name, and whether it exists when the program runs. */
function exportsOf(file: string): readonly string[] {
  const symbol = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.Node);
  if (!symbol) throw new Error(`${file} is no module`);
  return checker
    .getExportsOfModule(symbol)
    .map((found) => `${isValue(found) ? 'value' : 'type '} ${found.getName()}`)
    .toSorted();
}

function isValue(symbol: ts.Symbol): boolean {
  if (symbol.declarations?.some(ts.isTypeOnlyExportDeclaration)) return false;
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  return (target.flags & ts.SymbolFlags.Value) !== 0;
}
