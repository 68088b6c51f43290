// Whether the embedded proxy can have its ports, asked before anything is started.
import { resolveProxy, resolveTarget } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { InvalidInputError } from '../errors/errors.ts';
import { isFreePort } from './free-port.ts';
import { localProxyPorts } from './local-proxy-ports.ts';

/** @throws InvalidInputError for ports that are taken, or that `localProxyPorts` refuses */
export async function requireProxyPorts({
  configDir,
  target,
}: {
  readonly configDir: string;
  readonly target: string;
}): Promise<void> {
  const config = await loadConfig({ configDir });
  const proxy = resolveProxy({ config, target: resolveTarget({ config, name: target }) });
  const { proxyPort, controlPort } = localProxyPorts({ config, proxy });
  const taken = await Promise.all(
    [
      { field: 'httpUrl', port: proxyPort, url: proxy.url },
      { field: 'controlUrl', port: controlPort, url: proxy.controlUrl },
    ].map(async (one) => ((await isFreePort(one.port)) ? [] : [one])),
  );
  const problems = taken.flat().map(({ field, port, url }) => ({
    file: config.files.targets,
    path: `proxyServices.${proxy.service}.${field}`,
    value: url,
    message: `something listens on port ${port} already`,
    hint: 'End it (a quickstart, another proxy?), or give the proxy another port here',
  }));
  if (problems.length > 0) throw new InvalidInputError(problems);
}
