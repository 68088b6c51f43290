// The Debian base of the larger images, and the certificates that they trust.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { provideAuthority } from '../certificates.ts';
import type { KeyPair } from '../certificates.ts';
import { run } from '../run.ts';
import { goArchitecture } from './image.ts';
import type { LayerRecipe } from './layer.ts';

const SUITE = 'bookworm';
const PACKAGES = ['git', 'ca-certificates', 'curl'];
const BUILD_WITHIN_MS = 8 * 60_000;
/** Where Debian's programs, and those told by `TRUST_ENVIRONMENT`, look for certificates. */
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt';
/** Fetched indexes and archives, and devices that every container gets anew. */
const NOT_NEEDED = ['var/cache/apt/archives', 'var/lib/apt/lists', 'dev', 'var/log'];

/** For npm and Go, which bring or choose their own list otherwise. */
export const TRUST_ENVIRONMENT = { SSL_CERT_FILE: BUNDLE, NODE_EXTRA_CA_CERTS: BUNDLE };

/** Debian with git, ca-certificates and curl, by debootstrap from the mirror that this machine uses. */
export function debianLayer(input: { readonly mirror: string }): LayerRecipe {
  return {
    description: `Debian ${SUITE} with ${PACKAGES.join(', ')}`,
    key: ['debian 1', SUITE, goArchitecture(), input.mirror, ...PACKAGES].join(' '),
    fill: async (directory) => {
      const packages = `--include=${PACKAGES.join(',')}`;
      await run(['debootstrap', '--variant=minbase', packages, SUITE, directory, input.mirror], {
        timeoutMs: BUILD_WITHIN_MS,
      });
      for (const place of NOT_NEEDED.map((name) => join(directory, name))) {
        for (const name of readdirSync(place)) rmSync(join(place, name), { recursive: true, force: true });
      }
      mkdirSync(join(directory, 'var/cache/apt/archives/partial'), { recursive: true });
      mkdirSync(join(directory, 'var/lib/apt/lists/partial'), { recursive: true });
    },
  };
}

/** This machine's trusted certificates together with the authority of the Git server that stands for github.com. */
export function trustLayer(input: { readonly authority: KeyPair }): LayerRecipe {
  const own = existsSync(BUNDLE) ? readFileSync(BUNDLE, 'utf8') : '';
  const bundle = `${own}\n${readFileSync(input.authority.certificateFile, 'utf8')}`;
  return {
    description: "this machine's trusted certificates and the test cluster's own",
    key: `trust 1 ${bundle}`,
    fill: async (directory) => {
      mkdirSync(join(directory, 'etc/ssl/certs'), { recursive: true });
      writeFileSync(join(directory, BUNDLE), bundle);
    },
  };
}

/** The authority that signs for github.com inside the cluster; kept with the images that trust it. */
export function provideGitAuthority(input: { readonly cache: string }): Promise<KeyPair> {
  const directory = join(input.cache, 'git-authority');
  return provideAuthority({ directory, name: 'ca', commonName: 'proxybench test cluster: not the real github.com' });
}

/** The Debian mirror that this machine's apt uses. @throws Error where apt knows none */
export async function debianMirror(): Promise<string> {
  const listing = await run(['apt-get', 'indextargets', '--format', '$(CODENAME) $(SITE)', 'Created-By: Packages']);
  const sites = listing.split('\n').map((line) => line.split(' '));
  const site = sites.find(([codename]) => codename === SUITE)?.[1];
  if (site === undefined) throw new Error(`apt of this machine has no source for Debian ${SUITE}`);
  return site;
}
