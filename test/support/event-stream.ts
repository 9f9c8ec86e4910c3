import { once } from 'node:events';
import { get, type ClientRequest, type IncomingMessage } from 'node:http';

/** A client of server-sent events, on a connection of its own, that is asked for the next event. */
export class EventStream implements Disposable {
  readonly response: IncomingMessage;
  readonly #request: ClientRequest;
  readonly #chunks: AsyncIterator<string>;
  #text = '';

  private constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request;
    this.response = response;
    response.setEncoding('utf8');
    this.#chunks = response[Symbol.asyncIterator]() as AsyncIterator<string>;
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventStream> {
    const request = get(url, { headers, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    // That it breaks off when the test leaves is no news.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    return new EventStream(request, response);
  }

  /** The next block of lines; `undefined` when the server has ended the stream. */
  async block(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return block;
      }
      const { done, value } = await this.#chunks.next();
      if (done === true) return undefined;
      this.#text += value;
    }
  }

  /** The data of the next event; `undefined` when the server has ended the stream. */
  async next(): Promise<unknown> {
    for (;;) {
      const block = await this.block();
      if (block === undefined) return undefined;
      const data = block.split('\n').find((line) => line.startsWith('data: '));
      if (data !== undefined) return JSON.parse(data.slice('data: '.length)) as unknown;
    }
  }

  /** The first event that `matches`. @throws when the stream ends before */
  async until(matches: (report: Record<string, unknown>) => boolean): Promise<unknown> {
    for (;;) {
      const report = await this.next();
      if (report === undefined) throw new Error('The stream has ended.');
      if (matches(report as Record<string, unknown>)) return report;
    }
  }

  /** Leaves, as a browser does whose page is closed. */
  [Symbol.dispose](): void {
    this.#request.destroy();
  }
}
