// The keys and certificates of the test cluster, made with openssl for each start.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

const DAYS = '3650';

/** A key and its certificate, as files. */
export interface KeyPair {
  readonly keyFile: string;
  readonly certificateFile: string;
}

/** What a certificate says. */
export interface CertificateRequest {
  readonly directory: string;
  /** Base of the files' names, and the subject's common name unless `commonName` says another. */
  readonly name: string;
  readonly commonName?: string;
  /** Kubernetes takes it for the user's group. */
  readonly organisation?: string;
  /** `DNS:name` and `IP:address`; the certificate serves when there are any, else it is a client's. */
  readonly alternativeNames?: readonly string[];
}

/** Makes a certificate authority, or finds the one that is there. */
export async function provideAuthority(input: {
  readonly directory: string;
  readonly name: string;
  readonly commonName: string;
}): Promise<KeyPair> {
  const pair = pairIn(input);
  if (existsSync(pair.certificateFile)) return pair;
  mkdirSync(input.directory, { recursive: true, mode: 0o700 });
  await makeKey(pair.keyFile);
  const subject = ['-subj', `/CN=${input.commonName}`, '-days', DAYS];
  const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,digitalSignature,cRLSign'];
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  const key = ['-key', pair.keyFile, '-config', emptyConfig(input.directory)];
  await run(['openssl', 'req', '-x509', '-new', ...key, ...subject, ...added, '-out', pair.certificateFile]);
  return pair;
}

/** Makes a key and a certificate for it, signed by the authority. */
export async function makeCertificate(input: CertificateRequest & { readonly authority: KeyPair }): Promise<KeyPair> {
  const pair = pairIn(input);
  await makeKey(pair.keyFile);
  const group = input.organisation === undefined ? '' : `/O=${input.organisation}`;
  const subject = `${group}/CN=${input.commonName ?? input.name}`;
  const config = emptyConfig(input.directory);
  const signingRequest = await run([
    'openssl',
    'req',
    '-new',
    '-key',
    pair.keyFile,
    '-subj',
    subject,
    '-config',
    config,
  ]);
  const names = input.alternativeNames ?? [];
  const extensions = [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature,keyEncipherment',
    `extendedKeyUsage=${names.length === 0 ? 'clientAuth' : 'serverAuth,clientAuth'}`,
    ...(names.length === 0 ? [] : [`subjectAltName=${names.join(',')}`]),
  ];
  const extensionFile = join(input.directory, `${input.name}.extensions`);
  writeFileSync(extensionFile, `${extensions.join('\n')}\n`);
  const { certificateFile, keyFile } = input.authority;
  const authority = ['-CA', certificateFile, '-CAkey', keyFile, '-days', DAYS, '-extfile', extensionFile];
  await run(['openssl', 'x509', '-req', ...authority, '-set_serial', serial(), '-out', pair.certificateFile], {
    input: signingRequest,
  });
  return pair;
}

/** A key pair for signing service account tokens. */
export async function makeSigningKey(input: { readonly directory: string; readonly name: string }): Promise<{
  readonly keyFile: string;
  readonly publicKeyFile: string;
}> {
  const keyFile = join(input.directory, `${input.name}.key`);
  const publicKeyFile = join(input.directory, `${input.name}.pub`);
  await makeKey(keyFile);
  await run(['openssl', 'pkey', '-in', keyFile, '-pubout', '-out', publicKeyFile]);
  return { keyFile, publicKeyFile };
}

function pairIn(input: { readonly directory: string; readonly name: string }): KeyPair {
  const base = join(input.directory, input.name);
  return { keyFile: `${base}.key`, certificateFile: `${base}.crt` };
}

async function makeKey(file: string): Promise<void> {
  // openssl makes key files readable by their owner only.
  await run(['openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file]);
}

/** openssl's own default adds extensions of its liking. */
function emptyConfig(directory: string): string {
  const file = join(directory, 'openssl.cnf');
  writeFileSync(file, '[req]\ndistinguished_name = name\n[name]\n');
  return file;
}

function serial(): string {
  return `0x${crypto.randomUUID().replaceAll('-', '')}`;
}
