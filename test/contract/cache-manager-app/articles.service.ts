import { Inject, Injectable } from '@nestjs/common';
import { Cache, CACHE_MANAGER } from '@nestjs/cache-manager';

export interface Article {
  readonly id: string;
  readonly title: string;
}

/** Reads articles from a source that is slow, or would be. */
@Injectable()
export class ArticlesService {
  /** How often the source was asked. */
  reads = 0;

  constructor(@Inject(CACHE_MANAGER) private readonly cache: Cache) {}

  find(id: string): Promise<Article> {
    return this.cache.wrap(`article:${id}`, () => this.read(id), 60_000);
  }

  async rename(id: string, title: string): Promise<void> {
    await this.cache.set<Article>(`article:${id}`, { id, title });
  }

  async remove(id: string): Promise<boolean> {
    return this.cache.del(`article:${id}`);
  }

  private async read(id: string): Promise<Article> {
    this.reads++;
    return { id, title: `Article ${id}` };
  }
}
