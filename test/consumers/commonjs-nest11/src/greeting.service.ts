import { Injectable } from '@nestjs/common';
import { CacheService } from 'nestjs-mainstay/cache';
import { pipelinePresets, Resilient } from 'nestjs-mainstay/resilience';

@Injectable()
export class GreetingService {
  #moodsAsked = 0;

  constructor(private readonly cache: CacheService) {}

  greet(name: string): Promise<string> {
    return this.cache.getOrSet(`greeting:${name}`, () => Promise.resolve(`Hello, ${name}`));
  }

  /** Whoever knows the mood does not answer at first. */
  @Resilient({ resource: 'moods', pipeline: pipelinePresets.http, idempotent: true })
  async mood(): Promise<string> {
    this.#moodsAsked++;
    if (this.#moodsAsked > 1) return 'calm';
    throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  }
}
