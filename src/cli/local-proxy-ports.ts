// Where the embedded proxy listens: on the very addresses that the configuration tells stages and samplers.
import type { Config } from '../config/config.ts';
import { InvalidInputError, type Problem } from '../errors/errors.ts';
import type { PlannedProxy } from '../plan/plan.ts';

const LOOPBACK_HOSTS = ['127.0.0.1', 'localhost'];

/** @throws InvalidInputError for a proxy that the configuration places beyond loopback or without a port */
export function localProxyPorts({ config, proxy }: { readonly config: Config; readonly proxy: PlannedProxy }): {
  readonly proxyPort: number;
  readonly controlPort: number;
} {
  const urls = { httpUrl: new URL(proxy.url), controlUrl: new URL(proxy.controlUrl) };
  const problems: Problem[] = Object.entries(urls)
    .filter(([, url]) => url.protocol !== 'http:' || !LOOPBACK_HOSTS.includes(url.hostname) || url.port === '')
    .map(([field, url]) => ({
      file: config.files.targets,
      path: `proxyServices.${proxy.service}.${field}`,
      value: url.href,
      message: 'the embedded proxy listens on loopback only',
      hint: 'Give http://127.0.0.1:PORT',
    }));
  if (problems.length > 0) throw new InvalidInputError(problems);
  return { proxyPort: Number(urls.httpUrl.port), controlPort: Number(urls.controlUrl.port) };
}
