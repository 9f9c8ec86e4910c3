import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';

/** The table of the documents. */
export class CreateDocuments1764000000000 implements MigrationInterface {
  readonly name = 'CreateDocuments1764000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.createTable(
      new Table({
        name: 'documents',
        columns: [
          { name: 'id', type: 'varchar', length: '36', isPrimary: true },
          { name: 'name', type: 'varchar', length: '255' },
          { name: 'content_type', type: 'varchar', length: '255' },
          { name: 'size', type: 'bigint' },
          { name: 'sha256', type: 'varchar', length: '64' },
          { name: 'created_at', type: 'bigint' },
          { name: 'idempotency_key', type: 'varchar', length: '255', isNullable: true },
        ],
        uniques: [{ name: 'UQ_documents_idempotency_key', columnNames: ['idempotency_key'] }],
      }),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('documents');
  }
}
