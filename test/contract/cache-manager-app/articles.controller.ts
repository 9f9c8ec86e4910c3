import { CacheInterceptor, CacheKey, CacheTTL } from '@nestjs/cache-manager';
import {
  Body,
  Controller,
  Delete,
  Get,
  Param,
  Post,
  Put,
  StreamableFile,
  UseInterceptors,
  type ExecutionContext,
} from '@nestjs/common';
import { ArticlesService, type Article } from './articles.service.js';
import { PageCacheInterceptor } from './page-cache.interceptor.js';

/** Counts how often each handler ran, which clients see in what it returns. */
@Controller('articles')
@UseInterceptors(CacheInterceptor)
export class ArticlesController {
  private readonly runs = new Map<string, number>();

  constructor(private readonly articles: ArticlesService) {}

  @Get('count/:id')
  count(@Param('id') id: string): { id: string; run: number } {
    return { id, run: this.run(`count/${id}`) };
  }

  @Post('count')
  create(): { run: number } {
    return { run: this.run('create') };
  }

  @Get('top')
  @CacheKey('top-articles')
  @CacheTTL(60_000)
  top(): { run: number } {
    return { run: this.run('top') };
  }

  @Get('by-language')
  @CacheKey((context: ExecutionContext) => `language:${header(context, 'accept-language')}`)
  byLanguage(): { run: number } {
    return { run: this.run('by-language') };
  }

  @Get('uncached')
  @CacheKey(() => undefined)
  uncached(): { run: number } {
    return { run: this.run('uncached') };
  }

  @Get('brief')
  @CacheTTL(() => 100)
  brief(): { run: number } {
    return { run: this.run('brief') };
  }

  @Get('nothing')
  nothing(): null {
    this.run('nothing');
    return null;
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Buffer.from(`run ${this.run('file')}`));
  }

  @Get('runs/:name')
  @CacheKey(() => undefined)
  runsOf(@Param('name') name: string): { runs: number } {
    return { runs: this.runs.get(name) ?? 0 };
  }

  @Get('one/:id')
  @CacheKey(() => undefined)
  find(@Param('id') id: string): Promise<Article> {
    return this.articles.find(id);
  }

  @Put('one/:id')
  rename(@Param('id') id: string, @Body() { title }: { title: string }): Promise<void> {
    return this.articles.rename(id, title);
  }

  @Delete('one/:id')
  async remove(@Param('id') id: string): Promise<{ removed: boolean }> {
    return { removed: await this.articles.remove(id) };
  }

  private run(name: string): number {
    const run = (this.runs.get(name) ?? 0) + 1;
    this.runs.set(name, run);
    return run;
  }
}

/** Pages, kept by an interceptor of the application's own. */
@Controller('pages')
@UseInterceptors(PageCacheInterceptor)
@CacheTTL(60_000)
export class PagesController {
  private runs = 0;

  @Get('public')
  shown(): { run: number } {
    return { run: ++this.runs };
  }

  @Get('private')
  hidden(): { run: number } {
    return { run: ++this.runs };
  }
}

function header(context: ExecutionContext, name: string): string {
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
  return headers[name] ?? '';
}
