import { Injectable, Scope, SetMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { getDataSourceToken, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { DatabaseTestModule, FakeDatabase } from 'nestjs-mainstay/testing/database';
import { Column, DataSource, Entity, PrimaryGeneratedColumn, Repository } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Transactional } from './transactional.decorator.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn() id!: number;
  @Column('text') text!: string;
}

@Injectable()
class Notes {
  constructor(@InjectRepository(Note) readonly notes: Repository<Note>) {}

  @SetMetadata('role', 'writer')
  @Transactional()
  async addBoth(first: string, second: string): Promise<number> {
    await this.notes.insert({ text: first });
    if (second === 'bad') throw new Error('bad');
    await this.notes.insert({ text: second });
    return 2;
  }

  @Transactional({ propagation: 'NESTED' })
  async addNested(text: string): Promise<void> {
    await this.notes.insert({ text });
    if (text === 'bad') throw new Error('bad');
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestNotes extends Notes {
  override async addBoth(first: string, second: string): Promise<number> {
    return super.addBoth(`${first}!`, second);
  }
}

describe('@Transactional', () => {
  let app: TestingModule;

  beforeEach(async () => {
    app = await Test.createTestingModule({
      imports: [DatabaseTestModule.forRoot(), TypeOrmModule.forFeature([Note])],
      providers: [Notes, RequestNotes],
    }).compile();
  });

  afterEach(() => app.close());

  it('database rule 7: commits the method as one, and gives its result', async () => {
    await expect(app.get(Notes).addBoth('a', 'b')).resolves.toBe(2);
    await app.get(FakeDatabase).assertCount(Note, 2);
  });

  it('database rule 7: rolls the method back as one', async () => {
    await expect(app.get(Notes).addBoth('a', 'bad')).rejects.toThrow('bad');
    await app.get(FakeDatabase).assertCount(Note, 0);
  });

  it('takes part in the transaction around it by its propagation', async () => {
    const notes = app.get(Notes);
    await app.get(FakeDatabase).transactions.run(async () => {
      await notes.addNested('good');
      await expect(notes.addNested('bad')).rejects.toThrow('bad');
    });
    await app.get(FakeDatabase).assertCount(Note, 1);
  });

  it('works in request scope, through inheritance and super', async () => {
    const notes = await app.resolve(RequestNotes);
    await expect(notes.addBoth('a', 'bad')).rejects.toThrow('bad');
    await notes.addBoth('a', 'b');
    await app.get(FakeDatabase).assertHas(Note, { text: 'a!' });
    await app.get(FakeDatabase).assertCount(Note, 2);
  });

  it('keeps the metadata of the method', () => {
    expect(Reflect.getMetadata('role', Notes.prototype.addBoth)).toBe('writer');
  });

  it('is a plain call on an object that Nest did not make', async () => {
    const notes = new Notes(app.get(FakeDatabase).repository(Note));
    await expect(notes.addBoth('a', 'bad')).rejects.toThrow('bad');
    await app.get(FakeDatabase).assertCount(Note, 1);
  });

  it('does not pretend on a data source from elsewhere', async () => {
    const other = await Test.createTestingModule({
      providers: [
        Notes,
        { provide: 'NoteRepository', useValue: {} },
        { provide: getDataSourceToken(), useValue: Object.create(DataSource.prototype) },
      ],
    }).compile();
    expect(() => other.get(Notes).addBoth('a', 'b')).toThrow('Import DatabaseModule.forRoot()');
  });
});
