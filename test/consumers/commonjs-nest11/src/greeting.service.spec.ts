import { Test } from '@nestjs/testing';
import { CacheModule } from 'nestjs-mainstay/cache';

import { GreetingService } from './greeting.service';

describe('GreetingService', () => {
  it('greets from the cache, injected by type', async () => {
    const module = await Test.createTestingModule({
      imports: [CacheModule.forRoot()],
      providers: [GreetingService],
    }).compile();
    expect(await module.get(GreetingService).greet('Ada')).toBe('Hello, Ada');
    await module.close();
  });
});
