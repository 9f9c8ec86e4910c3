/**
 * How values are written to a shared tier, as text. It gets plain data, frozen, and what cannot be frozen: Date, Map, Set,
 * BigInt and binary data; what it decodes is copied as plain data again. Not used where entries stay in this process.
 * @example
 * import { parse, stringify } from 'devalue';
 * CacheModule.forRoot({ codec: { name: 'devalue', encode: stringify, decode: parse } });
 */
export interface CacheCodec {
  /**
   * Stands in every entry, so that what another codec wrote counts as missing and is not misread: letters, digits, `-`,
   * `.` and `_`, at most 32. @default none
   */
  readonly name?: string;
  /** @throws where a value has no form in it: the call that would write it gets a `CacheEncodeError` */
  encode(value: unknown): string;
  /** @throws for what it did not write: such an entry counts as missing */
  decode(text: string): unknown;
}
