// The lean program: one JSON file of settings in, a proxy until SIGTERM or SIGINT.
// Usage: proxybench-metadata-proxy --settings FILE
import { readFileSync } from 'node:fs';
import { checkedSettings } from './checked-settings.ts';
import { mostOpenFiles } from './open-files.ts';
import { serveMetadataProxy } from './serve-metadata-proxy.ts';

const [flag, file] = process.argv.slice(2);
if (flag !== '--settings' || file === undefined) {
  process.stderr.write(
    'usage: proxybench-metadata-proxy --settings FILE\nproxybench serve metadata-proxy writes such a file\n',
  );
  process.exitCode = 2;
} else {
  try {
    const settings = checkedSettings(JSON.parse(readFileSync(file, 'utf8')));
    const proxy = serveMetadataProxy({ settings, onLine: (line) => process.stderr.write(`${line}\n`) });
    // Whoever reads that it is ready may end it at once.
    const end = (): void => void proxy.close();
    process.once('SIGTERM', end);
    process.once('SIGINT', end);
    const needed = settings.maxConnections * 2 + 1_024;
    const open = mostOpenFiles();
    if (open !== null && open < needed) {
      process.stderr.write(
        `metadata proxy: may open ${open} files only; raise that (ulimit -n) to ${needed} at least\n`,
      );
    }
    if (!proxy.hasLongQueue) {
      process.stderr.write('metadata proxy: of clients that come at once the kernel lets in 512 only, not 4,096\n');
    }
    process.stderr.write(
      `metadata proxy ready: ${shown(proxy.listen)} for ${settings.upstream}, metrics ${shown(proxy.metrics)}\n`,
    );
  } catch (thrown) {
    process.stderr.write(`metadata proxy: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    // Whatever listens already must not stay.
    process.exit(1);
  }
}

function shown({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
