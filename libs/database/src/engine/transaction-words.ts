/** White space and comments, which may stand before the first word of a statement. */
const LEAD = String.raw`(?:\s|--[^\n]*(?:\n|$)|/\*(?:[^*]|\*(?!/))*\*/)*`;
const ROLLBACK_OF_ALL = String.raw`ROLLBACK(?!\s+(?:(?:TRANSACTION|WORK)\s+)?TO\b)`;
const CONTROL = String.raw`BEGIN|START\s+TRANSACTION|COMMIT|ABORT|${ROLLBACK_OF_ALL}`;

const COMMIT = beginsWith('COMMIT|END');
const ROLLBACK = beginsWith('ROLLBACK');
const END = beginsWith('COMMIT|END|ROLLBACK|RELEASE');
const CONTROL_AT_FIRST = beginsWith(`${CONTROL}|END`);
/** A later END may be that of a function or trigger, whose statements are divided like others. */
const CONTROL_LATER = beginsWith(CONTROL);
const CONTROL_ANYWHERE = /\b(?:BEGIN|START|COMMIT|ABORT|ROLLBACK)\b/i;
/** What hides words: text, names, the bodies of functions, comments. */
const QUOTED =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[^]*?\$\1\$|--[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\//g;

/** Whether a statement ends a transaction with its effects. */
export function isCommit(sql: string): boolean {
  return COMMIT.test(sql);
}

/** Whether a statement takes back a transaction, or what came after a savepoint. */
export function isRollback(sql: string): boolean {
  return ROLLBACK.test(sql);
}

/** Whether a statement ends a transaction or a savepoint, in whatever way. */
export function endsTransaction(sql: string): boolean {
  return END.test(sql);
}

/** Whether a statement, or one of several at once, begins or ends a transaction. */
export function controlsTransaction(sql: string): boolean {
  if (CONTROL_AT_FIRST.test(sql)) return true;
  if (!hasSeveral(sql) || !CONTROL_ANYWHERE.test(sql)) return false;
  const [, ...later] = sql.replace(QUOTED, ' ').split(';');
  return later.some((statement) => CONTROL_LATER.test(statement));
}

/** Whether there may be several statements. */
export function hasSeveral(sql: string): boolean {
  return /;\s*\S/.test(sql);
}

/** Whether one of several statements may be a COMMIT. */
export function mayCommit(sql: string): boolean {
  return hasSeveral(sql) && /\b(?:COMMIT|END)\b/i.test(sql);
}

function beginsWith(words: string): RegExp {
  return new RegExp(`^${LEAD}(?:${words})\\b`, 'i');
}
