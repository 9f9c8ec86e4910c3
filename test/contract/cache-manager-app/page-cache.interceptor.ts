import { CacheInterceptor } from '@nestjs/cache-manager';
import { Injectable, type ExecutionContext } from '@nestjs/common';

interface PageRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Keeps a page for each user, and the private part of the site for nobody. */
@Injectable()
export class PageCacheInterceptor extends CacheInterceptor {
  protected override isRequestCacheable(context: ExecutionContext): boolean {
    const { url } = context.switchToHttp().getRequest<PageRequest>();
    return super.isRequestCacheable(context) && !url.startsWith('/pages/private');
  }

  protected override trackBy(context: ExecutionContext): string | undefined {
    if (!this.isRequestCacheable(context)) return undefined;
    const { url, headers } = context.switchToHttp().getRequest<PageRequest>();
    return `${headers['authorization'] ?? 'anonymous'}:${url}`;
  }
}
