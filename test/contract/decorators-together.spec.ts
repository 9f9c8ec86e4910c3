import { Injectable, Scope, SetMetadata, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Cacheable, CacheModule } from 'nestjs-mainstay/cache';
import { Clock } from 'nestjs-mainstay/common';
import { Transactional } from 'nestjs-mainstay/database';
import { Resilient } from 'nestjs-mainstay/resilience';
import { Operation } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { DatabaseTestModule, FakeDatabase } from 'nestjs-mainstay/testing/database';
import { Column, Entity, PrimaryGeneratedColumn, Repository } from 'typeorm';
import { describe, expect, it } from 'vitest';

const RESET = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

@Entity()
class Order {
  @PrimaryGeneratedColumn() id!: number;
  @Column('text') item!: string;
}

class Orders {
  constructor(@InjectRepository(Order) readonly orders: Repository<Order>) {}

  /** Whether the partner answers the next calls. */
  static readonly answers: boolean[] = [];

  @SetMetadata('role', 'buyer')
  @Operation('place-order')
  @Cacheable({ key: (item: string) => `order:${item}` })
  @Resilient({ resource: 'partner', idempotent: true, signalParameter: 1 })
  @Transactional()
  async place(item: string, signal?: AbortSignal): Promise<string> {
    await this.orders.insert({ item });
    if (Orders.answers.shift() === false) throw RESET;
    return `${item}, ${signal?.aborted}`;
  }
}

@Injectable()
class SharedOrders extends Orders {}

@Injectable({ scope: Scope.REQUEST })
class RequestOrders extends Orders {}

async function start(provider: Type<Orders>) {
  const recorded = new RecordedCalls();
  const clock = new FakeClock();
  const module = await Test.createTestingModule({
    imports: [
      recorded.asModule(),
      CacheModule.forRoot(),
      DatabaseTestModule.forRoot({ entities: [Order] }),
      TypeOrmModule.forFeature([Order]),
    ],
    providers: [provider],
  })
    .overrideProvider(Clock)
    .useValue(clock)
    .compile();
  const app = await module.init();
  return {
    app,
    clock,
    recorded,
    database: app.get(FakeDatabase),
    orders: await app.resolve(provider),
  };
}

describe('one method with the decorators of all modules', () => {
  it.each([
    ['of a singleton', SharedOrders],
    ['of a request-scoped provider', RequestOrders],
  ])('%s: cached around retried around a transaction of each try', async (_whose, provider) => {
    const { app, clock, recorded, database, orders } = await start(provider);
    Orders.answers.push(false, true);
    const placed = orders.place('a book');
    while (Orders.answers.length > 0) await clock.advance(50);
    expect(await placed).toBe('a book, false');
    await database.assertCount(Order, 1);
    expect(await orders.place('a book')).toBe('a book, false');
    await database.assertCount(Order, 1);
    expect(recorded.of('partner.place')).toEqual([
      'partner.place attempt',
      'partner.place try failed ECONNRESET',
      'partner.place try passed',
      'partner.place outcome recovered after 2',
      'partner.place success',
    ]);
    expect(recorded.of('app.place-order success')).toHaveLength(2);
    await app.close();
  });

  it('still looks like the method', () => {
    const { place } = Orders.prototype;
    expect([place.name, place.length]).toEqual(['place', 2]);
    expect(Reflect.getMetadata('role', place)).toBe('buyer');
  });
});
