// `serve`: each proxy of the project's own as a process of its own.
import { InvalidInputError } from '../errors/errors.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { abortedBy } from './interrupts.ts';
import { newCommand } from './new-command.ts';
import { configDirOption, debugOption } from './options.ts';
import { localProxyPorts } from './local-proxy-ports.ts';
import { requireProxyPorts } from './require-proxy-ports.ts';
import { serveMetadataProxyCommand } from './serve-metadata-proxy-command.ts';
import type { Session } from './session.ts';

export function serveCommand({ session }: { readonly session: Session }) {
  return newCommand({
    name: 'serve',
    summary: 'serve a proxy of this project',
    examples: [
      ['proxybench serve egress-proxy', 'the measuring proxy of the target local'],
      ['proxybench serve metadata-proxy --help', 'how to run the other one'],
    ],
  })
    .enablePositionalOptions()
    .addCommand(serveEgressProxyCommand({ session }))
    .addCommand(serveMetadataProxyCommand({ session }));
}

function serveEgressProxyCommand({ session }: { readonly session: Session }) {
  return newCommand({
    name: 'egress-proxy',
    summary: 'the embedded measuring egress proxy',
    description:
      'An HTTP forward proxy that counts every byte of every connection, with the Clash control API in front. Listens on ' +
      'loopback, on the ports that the configuration gives for the proxy of the target.',
    examples: [['proxybench serve egress-proxy', 'the proxy of the target local, until Ctrl-C']],
    exitCodes: [EXIT_CODES.passed, EXIT_CODES.internal, EXIT_CODES.usage, EXIT_CODES.unreachable],
  })
    .option('--target <name>', 'host target whose proxy to serve', 'local')
    .addOption(configDirOption())
    .addOption(debugOption())
    .action(async ({ target, configDir }) => {
      const { loadConfig } = await import('../config/load-config.ts');
      const { resolveProxy, resolveTarget } = await import('../config/config.ts');
      const { readSecret } = await import('../config/read-secret.ts');
      const { serveEgressProxy } = await import('../proxies/egress/serve-egress-proxy.ts');
      const config = await loadConfig({ configDir });
      const planned = resolveTarget({ config, name: target });
      if (planned.connection.reach !== 'host') {
        throw new InvalidInputError([
          {
            file: config.files.targets,
            path: `targets.${planned.name}.reach`,
            value: planned.connection.reach,
            message: 'only the proxy of a host target is served here',
            hint: 'A cluster brings its own proxy; name a host target with --target',
          },
        ]);
      }
      const proxy = resolveProxy({ config, target: planned });
      const secret = proxy.controlSecret === undefined ? undefined : await readSecret(proxy.controlSecret);
      await requireProxyPorts({ configDir, target });
      const { signal, stop } = abortedBy(session.interrupts);
      try {
        await serveEgressProxy({
          ...localProxyPorts({ config, proxy }),
          ...(secret === undefined ? {} : { secret }),
          signal,
          onReady: ({ proxyUrl, controlUrl }) =>
            session.console.note(`egress proxy ready: ${proxyUrl}, control API ${controlUrl}`),
        });
      } finally {
        stop();
      }
    });
}
