import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

describe('AppModule', () => {
  it('is the example of the README, word for word', async () => {
    const source = await readFile(new URL('./app.module.ts', import.meta.url), 'utf8');
    const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
    expect(readme).toContain(`\`\`\`ts\n${source}\`\`\``);
  });
});
