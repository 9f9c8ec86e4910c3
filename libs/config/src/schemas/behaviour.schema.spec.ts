import { describe, expect, it } from 'vitest';
import { bootSchema, criticalitySchema } from './behaviour.schema.js';

describe('bootSchema', () => {
  it('is degraded unless required', () => {
    expect(bootSchema().validate(undefined).value).toBe('degraded');
    expect(bootSchema().validate('required').value).toBe('required');
    expect(bootSchema().validate('later').error).toBeDefined();
  });
});

describe('criticalitySchema', () => {
  it('is degradable unless critical or informational', () => {
    expect(criticalitySchema().validate(undefined).value).toBe('degradable');
    expect(criticalitySchema().validate('critical').value).toBe('critical');
    expect(criticalitySchema().validate('informational').value).toBe('informational');
    expect(criticalitySchema().validate('high').error).toBeDefined();
  });
});
