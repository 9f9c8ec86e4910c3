import { Injectable, Scope, SetMetadata } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CacheModule } from '../cache.module.js';
import { CacheService } from '../cache.service.js';
import { getCacheToken } from '../cache-token.js';
import { CacheEvict } from './cache-evict.decorator.js';
import { CachePut } from './cache-put.decorator.js';
import { Cacheable } from './cacheable.decorator.js';

interface User {
  readonly id: string;
  readonly name: string;
}

@Injectable()
class Users {
  readonly calls: string[] = [];
  failing = false;

  @Cacheable({ key: (id: string) => `user:${id}`, ttl: '5m', tags: ['users'] })
  async find(id: string): Promise<User | null> {
    this.calls.push(`find ${id}`);
    if (this.failing) throw new Error('database is down');
    return id === 'nobody' ? null : { id, name: 'Ada' };
  }

  @SetMetadata('role', 'admin')
  @Cacheable({
    key: (tenant: string, id: string) => `${tenant}:${id}`,
    tags: (tenant: string) => [tenant],
    cache: 'tenants',
  })
  async findOf(tenant: string, id: string, _trace?: string): Promise<string> {
    this.calls.push(`findOf ${tenant} ${id}`);
    return `${tenant}/${id}`;
  }

  @CachePut({ key: (user: User) => `user:${user.id}`, tags: ['users'] })
  async rename(id: string, name: string): Promise<User> {
    return { id, name };
  }

  @CacheEvict({ keys: (id: string) => `user:${id}` })
  async remove(_id: string): Promise<string> {
    if (this.failing) throw new Error('database is down');
    return 'removed';
  }

  @CacheEvict({ tags: 'users' })
  async removeAll(): Promise<void> {}

  @CacheEvict({ all: true })
  async reset(): Promise<void> {}
}

@Injectable({ scope: Scope.REQUEST })
class RequestScoped {
  static calls = 0;

  @Cacheable({ key: (id: string) => `request:${id}` })
  async find(id: string): Promise<string> {
    RequestScoped.calls++;
    return id;
  }
}

@Injectable()
class SpecialUsers extends Users {}

let app: TestingModule;
let users: Users;
let cache: CacheService;

beforeEach(async () => {
  app = await Test.createTestingModule({
    imports: [CacheModule.forRoot(), CacheModule.forRoot({ name: 'tenants' })],
    providers: [Users, SpecialUsers, RequestScoped],
  }).compile();
  app.useLogger(false);
  users = app.get(Users);
  cache = app.get(CacheService);
});

afterEach(() => app.close());

describe('cache rule 21: @Cacheable', () => {
  it('calls the method once, for concurrent and for later calls', async () => {
    await Promise.all([users.find('1'), users.find('1')]);
    expect(await users.find('1')).toEqual({ id: '1', name: 'Ada' });
    await users.find('2');
    expect(users.calls).toEqual(['find 1', 'find 2']);
    expect(await cache.get('user:1')).toEqual({ id: '1', name: 'Ada' });
  });

  it('remembers that nothing exists', async () => {
    expect([await users.find('nobody'), await users.find('nobody')]).toEqual([null, null]);
    expect(users.calls).toEqual(['find nobody']);
  });

  it('rethrows the error of the method and stores nothing', async () => {
    users.failing = true;
    await expect(users.find('1')).rejects.toThrow('database is down');
    users.failing = false;
    expect(await users.find('1')).toEqual({ id: '1', name: 'Ada' });
  });

  it('uses a named cache, and tags made from the arguments', async () => {
    await users.findOf('acme', '1');
    await users.findOf('acme', '1', 'trace');
    expect(users.calls).toEqual(['findOf acme 1']);
    const tenants = app.get<CacheService>(getCacheToken('tenants'));
    expect(await tenants.get('acme:1')).toBe('acme/1');
    expect(await cache.get('acme:1')).toBeNull();
    await tenants.invalidateTags('acme');
    await users.findOf('acme', '1');
    expect(users.calls).toHaveLength(2);
  });

  it('keeps the metadata of the method', () => {
    const { findOf } = Users.prototype;
    expect(Reflect.getMetadata('role', findOf)).toBe('admin');
  });

  it('works in a derived class', async () => {
    const special = app.get(SpecialUsers);
    await special.find('1');
    await special.find('1');
    expect(special.calls).toEqual(['find 1']);
  });

  it('works in request scope', async () => {
    for (let request = 0; request < 2; request++) {
      const scoped = await app.resolve(RequestScoped, ContextIdFactory.create());
      expect(await scoped.find('1')).toBe('1');
    }
    expect(RequestScoped.calls).toBe(1);
  });

  it('calls the method as it is where there is no cache', async () => {
    const plain = new Users();
    await plain.find('1');
    await plain.find('1');
    expect(plain.calls).toHaveLength(2);
  });

  it('refuses a key function that does not fit the method, when it is compiled', () => {
    class Wrong {
      // @ts-expect-error the method takes a number
      @Cacheable({ key: (id: string) => id })
      async find(id: number): Promise<number> {
        return id;
      }
    }
    expect(Wrong).toBeDefined();
  });
});

describe('cache rule 21: @CachePut', () => {
  it('stores each result', async () => {
    await users.find('1');
    expect(await users.rename('1', 'Grace')).toEqual({ id: '1', name: 'Grace' });
    expect(await users.find('1')).toEqual({ id: '1', name: 'Grace' });
    await cache.invalidateTags('users');
    expect(await cache.get('user:1')).toBeNull();
  });
});

describe('cache rule 21: @CacheEvict', () => {
  it('removes a key after the method succeeded', async () => {
    await users.find('1');
    expect(await users.remove('1')).toBe('removed');
    expect(await cache.get('user:1')).toBeNull();
  });

  it('leaves it when the method throws', async () => {
    await users.find('1');
    users.failing = true;
    await expect(users.remove('1')).rejects.toThrow('database is down');
    expect(await cache.get('user:1')).not.toBeNull();
  });

  it('invalidates tags, or everything', async () => {
    await users.find('1');
    await cache.set('other', 1);
    await users.removeAll();
    expect(await cache.getMany(['user:1', 'other'])).toEqual([null, 1]);
    await users.reset();
    expect(await cache.get('other')).toBeNull();
  });
});

describe('a decorated method while the cache is down', () => {
  it('works as if there were none', async () => {
    await app.init();
    await app.close();
    expect(await users.find('1')).toEqual({ id: '1', name: 'Ada' });
    expect(await users.rename('1', 'Grace')).toEqual({ id: '1', name: 'Grace' });
    expect(await users.remove('1')).toBe('removed');
  });
});
