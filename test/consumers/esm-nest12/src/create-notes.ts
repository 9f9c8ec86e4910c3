import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateNotes1764000000000 implements MigrationInterface {
  name = 'CreateNotes1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE note');
  }
}
