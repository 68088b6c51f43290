// The proxy's control API as the scripts on the far side take it: where it is as words, its secret by standard input.
import { InvalidInputError } from '../../errors/errors.ts';
import type { PlannedProxy } from '../../plan/plan.ts';

/**
 * The secret as a line of a curl configuration; empty for none. It travels by standard input alone.
 * @throws InvalidInputError, without showing it
 */
export function curlSetting(secret: string | undefined): string {
  if (secret === undefined) return '';
  // The rule of the Clash client: nothing else can be a header, and a line end would end the setting.
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    const hint = "Put the proxy's own secret there, nothing around it";
    const message = 'the secret is empty or holds blanks, line ends or characters beyond ASCII';
    throw new InvalidInputError([{ path: 'controlSecret', message, hint }]);
  }
  return `header = "Authorization: Bearer ${secret.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/**
 * The Service's namespace (empty for a proxy that is no Service) and name, the base URL, its port.
 * @throws InvalidInputError
 */
export function controlArguments(proxy: PlannedProxy): readonly string[] {
  const url = URL.parse(proxy.controlUrl);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const message = 'the control API needs an http:// or https:// URL';
    throw new InvalidInputError([{ path: 'controlUrl', message, hint: 'Write it as http://127.0.0.1:9090' }]);
  }
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return [proxy.namespace ?? '', proxy.service, `${url.origin}${url.pathname.replace(/\/+$/, '')}`, port];
}
