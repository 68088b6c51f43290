// One small page over plain HTTP from a port of this machine's loopback, in a connection of its own.
import { get } from 'node:http';
import type { CompanionPage } from '../../plan/plan.ts';

/** A page that is longer is none. */
const MAX_PAGE_BYTES = 1024 * 1024;

/** @throws Error of the connection, for an answer of 400 or more, or what `signal` aborts with */
export async function readPage(input: { readonly page: CompanionPage; readonly signal: AbortSignal }): Promise<string> {
  const { page, signal } = input;
  return await new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port: page.port, path: page.path, agent: false, signal }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_PAGE_BYTES) response.destroy(new Error('the page is longer than 1 MiB'));
      });
      response.on('end', () => {
        const { statusCode = 0 } = response;
        if (statusCode >= 200 && statusCode < 300) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new Error(`the page answers ${statusCode}`));
      });
    });
    request.on('error', reject);
  });
}
