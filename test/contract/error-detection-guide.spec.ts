import { readFile } from 'node:fs/promises';
import { ErrorDetector } from 'nestjs-mainstay/resilience';
import { describe, expect, it } from 'vitest';
import { deploymentRule, PartnerError } from './error-detection-guide/deployment.rule.js';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

describe('the guide to error detection (docs/guide/error-detection.md)', () => {
  it('its rule overrules the built-in one, and leaves it the rest', () => {
    const detector = new ErrorDetector([deploymentRule]);
    expect(detector.detect(new PartnerError(404, false))).toEqual({
      kind: 'unavailable',
      type: 'GATEWAY_404',
      notSent: true,
    });
    expect(detector.detect(new PartnerError(404, true))).toMatchObject({ reason: 'not-found' });
    const cause = new PartnerError(404, false);
    expect(detector.detect(new Error('no rate', { cause })).type).toBe('GATEWAY_404');
  });

  it('shows the rule exactly as it is tested here', async () => {
    const file = 'deployment.rule.ts';
    const source = await read(`./error-detection-guide/${file}`);
    const guide = await read('../../docs/guide/error-detection.md');
    expect(guide).toContain(`\`\`\`ts\n// ${file}\n${source}\`\`\``);
  });

  it('has a line for each kind and each reason', async () => {
    const guide = await read('../../docs/guide/error-detection.md');
    const types = await read('../../libs/resilience/src/classification.ts');
    const unions = types.matchAll(/export type (?:ErrorKind|PermanentReason) =([^;]+);/g);
    const names = [...unions].flatMap(([, union = '']) => [...union.matchAll(/'([a-z-]+)'/g)]);
    expect(names).toHaveLength(13);
    for (const [, name] of names) expect(guide).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, 'm'));
  });
});
