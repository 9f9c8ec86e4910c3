import { Injectable } from '@nestjs/common';
import { CacheService } from 'nestjs-mainstay/cache';

@Injectable()
export class GreetingService {
  constructor(private readonly cache: CacheService) {}

  greet(name: string): Promise<string> {
    return this.cache.getOrSet(`greeting:${name}`, () => Promise.resolve(`Hello, ${name}`));
  }
}
