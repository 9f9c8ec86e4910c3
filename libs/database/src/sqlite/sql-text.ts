/**
 * What a statement needs: `control` begins or ends transactions or cannot run inside one, `read` only reads, `write` is
 * everything else.
 */
export type StatementKind = 'control' | 'read' | 'write';

/** What is known about a statement from its text. */
export interface StatementText {
  readonly kind: StatementKind;
  /** The first word, in upper case. */
  readonly keyword: string;
  /** How many parameters it takes; `undefined` when they are named. */
  readonly parameterCount: number | undefined;
}

const CONTROL: ReadonlySet<string> = new Set([
  'BEGIN',
  'COMMIT',
  'END',
  'ROLLBACK',
  'SAVEPOINT',
  'RELEASE',
  'VACUUM',
  'ATTACH',
  'DETACH',
  'PRAGMA',
]);
const READ: ReadonlySet<string> = new Set(['SELECT', 'VALUES', 'EXPLAIN']);
const WRITE: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'REPLACE']);

/** Quoted text and comments (skipped), placeholders, the end of a statement, words. */
const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<placeholder>\?\d*|[:@$][a-z_]\w*)|(?<end>;)|(?<word>[a-z_]\w*)|(?<other>[^\s])/gi;

/**
 * Reads what must be known of a statement before it is sent.
 * @throws RangeError for no statement, and for several at once: the engine would run the first and drop the rest
 * without a word
 */
export function readStatement(sql: string): StatementText {
  const words: string[] = [];
  const placeholders: string[] = [];
  let ended = false;
  for (const { groups = {} } of sql.matchAll(TOKEN)) {
    if (groups.end !== undefined) ended = words.length > 0;
    else if (ended && !isTrigger(words) && Object.values(groups).some((found) => found)) {
      throw new RangeError('One call runs one statement; send the others by calls of their own.');
    }
    if (groups.word !== undefined) words.push(groups.word.toUpperCase());
    if (groups.placeholder !== undefined) placeholders.push(groups.placeholder);
  }
  const keyword = words[0];
  if (keyword === undefined) throw new RangeError('The statement is empty.');
  return {
    kind: kindOf(keyword, words),
    keyword,
    parameterCount: isTrigger(words) ? 0 : countParameters(placeholders),
  };
}

/** The body of a trigger holds statements of its own. */
function isTrigger(words: readonly string[]): boolean {
  return words[0] === 'CREATE' && words.slice(1, 3).includes('TRIGGER');
}

function kindOf(keyword: string, words: readonly string[]): StatementKind {
  if (CONTROL.has(keyword)) return 'control';
  if (READ.has(keyword)) return 'read';
  if (keyword === 'WITH' && !words.some((word) => WRITE.has(word))) return 'read';
  return 'write';
}

/** As SQLite numbers them: a plain `?` gets the number after the highest so far. */
function countParameters(placeholders: readonly string[]): number | undefined {
  let count = 0;
  for (const placeholder of placeholders) {
    if (!placeholder.startsWith('?')) return undefined;
    count = placeholder === '?' ? count + 1 : Math.max(count, Number(placeholder.slice(1)));
  }
  return count;
}
