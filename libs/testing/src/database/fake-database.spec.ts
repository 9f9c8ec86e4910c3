import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import type { FaultyCall } from 'nestjs-mainstay/testing';
import { DatabaseTestModule, FakeDatabase } from 'nestjs-mainstay/testing/database';
import { Column, Entity, ManyToOne, PrimaryGeneratedColumn, Repository } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

@Entity()
class Account {
  @PrimaryGeneratedColumn() id!: number;
  @Column('text') owner!: string;
}

@Entity()
class Card {
  @PrimaryGeneratedColumn() id!: number;
  @ManyToOne(() => Account, { nullable: false }) account!: Account;
}

@Injectable()
class Accounts {
  constructor(@InjectRepository(Account) private readonly accounts: Repository<Account>) {}

  open(owner: string): Promise<Account> {
    return this.accounts.save({ owner });
  }
}

describe('FakeDatabase', () => {
  let database: FakeDatabase;

  beforeEach(async () => {
    database = await FakeDatabase.open({ entities: [Account, Card] });
  });

  afterEach(() => database.close());

  it('has the tables of its entities', async () => {
    await database.repository(Account).save({ owner: 'Ada' });
    await expect(database.assertCount(Account, 1)).resolves.toBeUndefined();
    await expect(database.assertHas(Account, { owner: 'Ada' })).resolves.toBeUndefined();
    await expect(database.assertMissing(Account, { owner: 'Bob' })).resolves.toBeUndefined();
  });

  it('says what an assertion missed', async () => {
    await database.repository(Account).save({ owner: 'Ada' });
    await expect(database.assertCount(Account, 2)).rejects.toThrow(
      'Expected 2 rows of Account, found 1.',
    );
    await expect(database.assertHas(Account, { owner: 'Bob' })).rejects.toThrow('{"owner":"Bob"}');
    await expect(database.assertMissing(Account, { owner: 'Ada' })).rejects.toThrow('found 1');
  });

  it('clears rows that refer to each other', async () => {
    const account = await database.repository(Account).save({ owner: 'Ada' });
    await database.repository(Card).save({ account });
    await database.clear();
    await expect(database.assertCount(Account, 0)).resolves.toBeUndefined();
    await expect(database.assertCount(Card, 0)).resolves.toBeUndefined();
  });

  it('stages faults for statements of repositories', async () => {
    const error = new Error('staged');
    database.faults.stage('statement', { error, times: 1 });
    await expect(database.repository(Account).find()).rejects.toBe(error);
    await expect(database.repository(Account).find()).resolves.toEqual([]);
  });

  it('stages results, for the statements that a fault picks', async () => {
    const when = ({ arg }: FaultyCall): boolean => arg === 'SELECT 1 AS one';
    database.faults.stage('query', { result: [{ one: 2 }], when });
    expect(await database.service.query('SELECT 1 AS one')).toEqual([{ one: 2 }]);
    expect(await database.service.query('SELECT 3 AS three')).toEqual([{ three: 3 }]);
  });

  it('is a database of its own each time', async () => {
    const other = await FakeDatabase.open({ entities: [Account] });
    await other.repository(Account).save({ owner: 'Ada' });
    await expect(database.assertCount(Account, 0)).resolves.toBeUndefined();
    await other.close();
  });
});

it('takes the place of DatabaseModule.forRoot in a testing module', async () => {
  const app = await Test.createTestingModule({
    imports: [DatabaseTestModule.forRoot(), TypeOrmModule.forFeature([Account])],
    providers: [Accounts],
  }).compile();
  await app.get(Accounts).open('Ada');
  await expect(app.get(FakeDatabase).assertHas(Account, { owner: 'Ada' })).resolves.toBeUndefined();
  await app.close();
});
