// Tells a public Git repository from a production mirror, a CI system, or anything else inside somebody's network.

const INTERNAL_SUFFIXES = [
  '.svc',
  '.local',
  '.internal',
  '.intranet',
  '.lan',
  '.corp',
  '.home',
  '.arpa',
  '.localdomain',
  '.localhost',
  '.test',
  '.example',
  '.invalid',
];

/** Names that resolve to private addresses by design. */
const WILDCARD_DNS = /(?:^|\.)(?:nip\.io|sslip\.io|xip\.io|lvh\.me|localtest\.me|vcap\.me)$/;

const CI_OR_FORGE_LABEL =
  /^(?:ci|cd|jenkins|drone|buildkite|teamcity|bamboo|concourse|tekton|argo|gerrit|gogs|gitea|forgejo|gitlab|gitolite|artifactory|nexus|registry)\d*$|^(?:ci|jenkins|gitea|gitlab)-|-(?:ci|jenkins|gitea|gitlab)$/;

/** Public forges whose own name is one of the labels above. */
const PUBLIC_FORGES = ['gitlab.com', 'gitea.com'];

const MIRROR_HOST =
  /(?:^|\.)mirrors?\.|ghproxy|fastgit|kgithub|gitclone|gitmirror|cnpmjs|gitee\.com$|(?:^|\.)(?:aliyun|aliyuncs|tencent|huaweicloud)\b|\.edu\.cn$/;

/** Why a URL is no public Git repository, as the rest of a sentence, or null when it is one. */
export function whyNotPublicRemote(remote: string): string | null {
  const url = URL.canParse(remote) ? new URL(remote) : null;
  if (url === null) return 'is not a URL';
  if (url.protocol !== 'https:') return 'does not use https';
  if (url.username !== '' || url.password !== '') return 'carries credentials';
  if (url.search !== '' || url.hash !== '') return 'carries a query or fragment';
  if (url.port !== '') return 'names a port, as no public forge does';
  if (url.pathname.length < 2) return 'names no repository';
  if (/[\s'"`$;&|<>\\]/.test(remote)) return 'holds characters that no repository URL needs';
  return whyNotPublicHost(url.hostname.replace(/\.$/, ''));
}

function whyNotPublicHost(host: string): string | null {
  if (host.startsWith('[') || /^[\d.]+$/.test(host)) return 'names an address, not a public host';
  if (!host.includes('.')) return 'names a host inside a network';
  if (INTERNAL_SUFFIXES.some((suffix) => host.endsWith(suffix)) || host.includes('.svc.'))
    return 'names a host inside a network or cluster';
  if (WILDCARD_DNS.test(host)) return 'names a host that may stand for a private address';
  if (MIRROR_HOST.test(host)) return 'names a mirror, not the upstream';
  if (PUBLIC_FORGES.includes(host)) return null;
  if (host.split('.').some((label) => CI_OR_FORGE_LABEL.test(label))) return 'names a private forge or CI system';
  return null;
}

/** What to do about a remote that is refused. */
export const REMOTE_HINT =
  'Give the https URL of a public repository on its own forge, as https://github.com/git/git.git';
