import { MIMEType } from 'node:util';

/** The headers of a part as the parser gives them: names in lower case, each byte of a value one character. */
export type RawPartHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/** What the headers of a file part say. */
export interface FileHeaders {
  /** The file's name without directories, exactly as the client spelt it otherwise. */
  readonly name: string;
  /** @default 'application/octet-stream' */
  readonly contentType: string;
}

const DEFAULT_CONTENT_TYPE = 'application/octet-stream';
const EXTENDED_VALUE = /^(utf-8|iso-8859-1)'[^']*'(.*)$/i;

/**
 * Reads the headers of a part (RFC 7578). File names are UTF-8; a `filename*` (RFC 8187), which some clients send
 * beside or instead of `filename`, wins because it says how it is encoded.
 * @returns `undefined` when the part is not a file
 */
export function readFileHeaders(headers: RawPartHeaders): FileHeaders | undefined {
  const disposition = parseDisposition(headers['content-disposition']?.[0]);
  const fileName = disposition?.get('filename');
  const extended = disposition?.get('filename*');
  if (fileName == null && extended == null) return undefined;
  const name = decodeExtended(extended ?? '') ?? decodeBytes(fileName ?? '').replaceAll('%22', '"');
  return { name: baseName(name), contentType: readContentType(headers['content-type']?.[0]) };
}

/** A disposition has the grammar of a media type's parameters, which the platform can parse. */
function parseDisposition(value: string | undefined): MIMEType['params'] | undefined {
  try {
    const { essence, params } = new MIMEType(`multipart/${value ?? ''}`);
    return essence === 'multipart/form-data' ? params : undefined;
  } catch {
    return undefined;
  }
}

function readContentType(value: string | undefined): string {
  try {
    const type = new MIMEType(value ?? '').toString();
    return /^[\x20-\x7e]{1,255}$/.test(type) ? type : DEFAULT_CONTENT_TYPE;
  } catch {
    return DEFAULT_CONTENT_TYPE;
  }
}

function decodeExtended(value: string): string | undefined {
  const [, charset, encoded] = EXTENDED_VALUE.exec(value) ?? [];
  if (charset === undefined || encoded === undefined) return undefined;
  try {
    return charset.toLowerCase() === 'utf-8'
      ? decodeURIComponent(encoded)
      : encoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
          String.fromCharCode(parseInt(hex, 16)),
        );
  } catch {
    return undefined;
  }
}

/** UTF-8, or Latin-1 when the bytes are not UTF-8. */
function decodeBytes(value: string): string {
  const text = Buffer.from(value, 'latin1').toString('utf8');
  return text.includes('\uFFFD') ? value : text;
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
