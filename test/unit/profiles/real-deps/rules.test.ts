import { describe, expect, it } from 'vitest';
import { checkSettings } from '../../../../src/profiles/real-deps/check-settings.ts';
import { fileFaults } from '../../../../src/profiles/real-deps/file-rule.ts';
import { whyNotPublicRemote } from '../../../../src/profiles/real-deps/git-remote-rule.ts';
import { imageFault } from '../../../../src/profiles/real-deps/image-rule.ts';
import { breachesOf, RULES } from '../../../../src/profiles/real-deps/rules.ts';

/** Each rule, and the ways round it that were thought of. */
const breaches: readonly (readonly [rule: string, text: string])[] = [
  ['regional-mirror', 'npm config set registry https://registry.npmmirror.com'],
  ['regional-mirror', 'npm install --registry=https://registry.npm.taobao.org'],
  ['regional-mirror', 'npm install cnpm'],
  ['regional-mirror', 'export GOPROXY=https://goproxy.cn,direct'],
  ['regional-mirror', 'export GOPROXY=goproxy.io'],
  ['regional-mirror', 'go env -w GOPROXY=https://mirrors.aliyun.com/goproxy/'],
  ['regional-mirror', 'sed -i s/dl-cdn.alpinelinux.org/mirrors.ustc.edu.cn/ /etc/apk/repositories'],
  ['regional-mirror', 'git clone mirrors.tuna.tsinghua.edu.cn/git'],
  ['regional-mirror', 'X=mirrors.cloud.tencent.com'],
  ['regional-mirror', 'X=repo.huaweicloud.com'],
  ['regional-mirror', 'image docker.m.daocloud.io/library/node'],
  ['regional-mirror', 'dockerproxy.com/library/node'],
  ['regional-mirror', 'X=npm"mirr"or.com'],
  ['regional-mirror', 'X=NpmMirror.COM'],
  ['regional-mirror', 'X=npm\\\nmirror'.replace('\\\n', "''")],
  ['regional-mirror', 'mirror.example.org/simple'],
  ['regional-mirror', 'ghproxy.net/golang/go'],
  ['registry-override', 'npm install --registry "$R"'],
  ['registry-override', 'NPM_CONFIG_USERCONFIG=/etc/npmrc npm install'],
  ['registry-override', 'npm install --globalconfig /etc/npmrc'],
  ['registry-override', 'npm config set fetch-retries 9'],
  ['registry-override', 'npm_config_registry=$R npm install'],
  ['registry-override', 'echo "registry = $R" > .npmrc'],
  ['registry-override', 'export "NPM_CONFIG_REGISTRY"="$R"'],
  ['registry-override', '{"publishConfig": {"registry": "x"}}'],
  ['registry-override', 'export GOPROXY=direct'],
  ['registry-override', 'GOSUMDB=off go mod download'],
  ['registry-override', 'go env -w GOPRIVATE=*'],
  ['registry-override', 'export GOENV=/etc/go.env'],
  ['registry-override', 'go mod edit -replace a=b'],
  ['registry-override', 'echo "$R" >> /etc/apk/repositories'],
  ['registry-override', 'apk add -X "$R" git'],
  ['registry-override', 'git config --global url.x.insteadOf y'],
  ['registry-override', 'GIT_CONFIG_COUNT=1 git clone "$GIT_REMOTE"'],
  ['speed-test', 'npx speedtest-net'],
  ['speed-test', 'speed.cloudflare.com/__down?bytes=1'],
  ['speed-test', 'npx fast-cli'],
  ['speed-test', 'go get fast.com'],
  ['speed-test', 'librespeed-cli'],
  ['speed-test', 'iperf3 -c host'],
  ['speed-test', 'wget proof.host/100MB.bin'],
  ['speed-test', 'wget host/1GB.zip'],
  ['speed-test', 'head -c 500m /dev/urandom > x'],
  ['toolchain-install', 'apk add --no-cache nodejs npm'],
  ['toolchain-install', 'apk add go'],
  ['toolchain-install', 'apk add nodejs=20.1-r0'],
  ['toolchain-install', 'apt-get install -y golang-1.22'],
  ['toolchain-install', 'apt install -y git golang'],
  ['toolchain-install', '. ./nvm.sh; nvm install 22'],
  ['toolchain-install', 'npx n lts'],
  ['toolchain-install', 'npm install -g node@24'],
  ['toolchain-install', 'go install golang.org/dl/go1.24@latest'],
  ['toolchain-install', 'wget go.dev/dl/go1.24.linux-amd64.tar.gz'],
  ['toolchain-install', 'GOTOOLCHAIN=go1.24.1 go mod download'],
  ['toolchain-install', 'export GOTOOLCHAIN=auto'],
  ['image-stand-in', 'docker pull alpine'],
  ['image-stand-in', 'ctr -n k8s.io images import all.tar'],
  ['image-stand-in', 'skopeo copy a b'],
  ['image-stand-in', 'echo imagePullPolicy: Never'],
  ['foreign-download', '/usr/bin/curl -sO "$U"'],
  ['foreign-download', 'curl -sO "$U"'],
  ['foreign-download', 'npm install; wget "$U"'],
  ['foreign-download', 'if true; then curl "$U"; fi'],
  ['foreign-download', 'X=1 wget "$U"'],
  ['foreign-download', 'echo $(curl "$U")'],
  ['foreign-download', 'c"ur"l -O "$U"'],
  ['url-in-stage', 'npm install https://host.example/x.tgz'],
  ['url-in-stage', 'GIT_REMOTE=$OTHER; git clone "$GIT_REMOTE"'],
  ['url-in-stage', 'git clone git@host.example:a/b.git'],
  ['url-in-stage', 'git clone file:///srv/git/a.git'],
  ['earlier-cache', 'npm ci --prefer-offline'],
  ['earlier-cache', 'npm ci --offline'],
  ['earlier-cache', 'npm install --cache /shared/npm'],
  ['earlier-cache', 'export npm_config_cache=/shared/npm'],
  ['earlier-cache', 'GOFLAGS=-mod=vendor go build ./...'],
  ['earlier-cache', 'go build -mod=vendor'],
  ['earlier-cache', 'export GOMODCACHE=/shared/mod'],
  ['earlier-cache', 'export GOPATH="/go"'],
  ['earlier-cache', 'git clone --reference /srv/git "$GIT_REMOTE"'],
  ['earlier-cache', 'apk add --no-network git'],
  ['hidden-failure', 'npm install || true'],
  ['hidden-failure', 'npm install ||:'],
  ['hidden-failure', 'npm install || echo failed'],
  ['hidden-failure', 'npm install || exit 0'],
  ['hidden-failure', 'set +e; npm install'],
  ['hidden-failure', 'set +eu\nnpm install'],
  ['hidden-failure', 'npm install; exit 0'],
  ['hidden-failure', "trap 'exit 0' EXIT\nnpm install"],
  ['hidden-failure', 'npm install; true'],
  ['hidden-failure', 'npm install | tee log'],
  ['hidden-failure', 'npm install & sleep 60'],
  ['hidden-command', 'eval "$X"'],
  ['hidden-command', 'echo bnBt | base64 -d'],
  ['hidden-command', 'printf %s "$X" | sh'],
];

const lawful: readonly string[] = [
  'npm install --ignore-scripts --no-audit --no-fund',
  'unset npm_config_registry GOPROXY GOFLAGS GOMODCACHE',
  'echo "registry in use: $(npm config get registry)"',
  'echo "module proxy in use: $(go env GOPROXY)"',
  'export GOENV=off GOTOOLCHAIN=local GOPATH="$HOME/go" GOMODCACHE="${HOME}/mod"',
  'export NPM_CONFIG_USERCONFIG="$HOME/npmrc"',
  'apk add --no-cache build-base git curl wget openssl-dev',
  'tr a b < /etc/apk/repositories',
  'git clone --mirror "$GIT_REMOTE" mirror.git\ngit -C mirror.git remote update --prune',
  'npm install || exit 3',
  'npm install && echo done 2>&1',
  'head -n 5 log',
  'export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null',
  'go version && node --version',
];

describe('text of a stage', () => {
  it.each(breaches)('breaks %s: %s', (rule, text) => {
    expect(breachesOf(text).map((breach) => breach.rule.id)).toContain(rule);
  });

  it.each(lawful)('breaks nothing: %s', (text) => {
    expect(breachesOf(text)).toEqual([]);
  });

  it('has a case here for every rule', () => {
    expect(new Set(breaches.map(([rule]) => rule))).toEqual(new Set(RULES.map((rule) => rule.id)));
  });

  it('is told of one breach for each concern, the most telling first', () => {
    const found = breachesOf('npm config set registry https://registry.npmmirror.com || true');
    expect(found.map((breach) => breach.rule.id)).toEqual(['regional-mirror', 'hidden-failure']);
  });
});

describe('a Git remote', () => {
  it.each([
    ['https://github.com/git/git.git', null],
    ['https://gitlab.com/gitlab-org/cli.git', null],
    ['https://git.kernel.org/pub/scm/git/git.git', null],
    ['git@github.com:git/git.git', 'is not a URL'],
    ['http://github.com/git/git.git', 'does not use https'],
    ['ssh://git@github.com/git/git.git', 'does not use https'],
    ['file:///srv/git/x.git', 'does not use https'],
    ['https://u:p@github.com/git/git.git', 'carries credentials'],
    ['https://github.com:8443/git/git.git', 'names a port, as no public forge does'],
    ['https://github.com', 'names no repository'],
    ['https://github.com/a.git?x=1', 'carries a query or fragment'],
    ['https://github.com/$(id)', 'holds characters that no repository URL needs'],
    ['https://10.0.0.5/x.git', 'names an address, not a public host'],
    ['https://2130706433/x.git', 'names an address, not a public host'],
    ['https://0x7f.1/x.git', 'names an address, not a public host'],
    ['https://[::1]/x.git', 'names an address, not a public host'],
    ['https://10.0.0.5.nip.io/x.git', 'names a host that may stand for a private address'],
    ['https://localhost/x.git', 'names a host inside a network'],
    ['https://gitea/x.git', 'names a host inside a network'],
    ['https://git.infra.svc/x.git', 'names a host inside a network or cluster'],
    ['https://git.infra.svc.cluster.local./x.git', 'names a host inside a network or cluster'],
    ['https://git.corp.internal/x.git', 'names a host inside a network or cluster'],
    ['https://gitea.company.com/x.git', 'names a private forge or CI system'],
    ['https://gitlab.company.com/x.git', 'names a private forge or CI system'],
    ['https://jenkins.company.com/x.git', 'names a private forge or CI system'],
    ['https://ci.company.com/x.git', 'names a private forge or CI system'],
    ['https://build-ci.company.com/x.git', 'names a private forge or CI system'],
    ['https://mirrors.company.com/x.git', 'names a mirror, not the upstream'],
    ['https://gitee.com/x/y.git', 'names a mirror, not the upstream'],
    ['https://ghproxy.com/x/y.git', 'names a mirror, not the upstream'],
    ['https://mirrors.tuna.tsinghua.edu.cn/git/x.git', 'names a mirror, not the upstream'],
  ])('%s: %s', (remote, why) => {
    expect(whyNotPublicRemote(remote)).toBe(why);
  });
});

describe('an image', () => {
  it.each([
    ['apk-add', 'docker.io/library/alpine:3.20', true],
    ['npm-install', 'docker.io/library/node:22-bookworm', true],
    ['go-download', 'docker.io/library/golang:1.24-bookworm', true],
    ['summary', 'docker.io/library/alpine:3.20', true],
    ['git-mirror', 'docker.io/alpine/git:2.47.2', true],
    ['git-mirror', `docker.io/alpine/git@sha256:${'0'.repeat(64)}`, true],
    ['npm-install', 'node:22-bookworm', false],
    ['npm-install', 'docker.io/library/node:22-alpine', false],
    ['npm-install', 'docker.io/library/node:latest', false],
    ['npm-install', 'ghcr.io/library/node:22-bookworm', false],
    ['npm-install', 'docker.io.evil.example/library/node:22-bookworm', false],
    ['npm-install', 'docker.io/library/alpine:3.20', false],
    ['go-download', 'docker.m.daocloud.io/library/golang:1.24-bookworm', false],
    ['git-mirror', 'docker.io/alpine/git', false],
    ['git-mirror', 'docker.io/alpine/git:latest', false],
    ['git-mirror', 'registry.infra.svc/alpine/git:2.47.2', false],
    ['git-mirror', 'docker.io/library/alpine:3.20', false],
  ])('of %s may be %s: %s', (stage, image, allowed) => {
    expect(imageFault({ stage, image }) === null).toBe(allowed);
  });
});

describe('a file of a stage', () => {
  const manifest = (fields: object) => JSON.stringify({ name: 'x', ...fields });

  it.each([
    ['package.json', manifest({ dependencies: { lodash: '4.17.21' } }), []],
    ['package.json', manifest({ dependencies: { lodash: '^4.17.21' } }), ['gives lodash no exact version']],
    ['package.json', manifest({ dependencies: { lodash: 'latest' } }), ['gives lodash no exact version']],
    ['package.json', manifest({ devDependencies: { a: 'file:../a' } }), ['gives a no exact version']],
    ['package.json', manifest({ dependencies: { a: 'github:x/a' } }), ['gives a no exact version']],
    ['package.json', manifest({ dependencies: { a: 'npm:b@1.0.0' } }), ['gives a no exact version']],
    ['package.json', manifest({ dependencies: { node: '24.1.0' } }), ['brings a toolchain by the package node']],
    ['package.json', '{', ['is not JSON']],
    ['package-lock.json', '{}', ['could send the tool to another source than its upstream']],
    ['npmrc', '', ['could send the tool to another source than its upstream']],
    ['vendor/a/a.go', 'package a', ['could send the tool to another source than its upstream']],
    ['go.mod', 'module m\n\ngo 1.22\n', []],
    ['go.mod', 'module m\nreplace a => ../a\n', ['replaces a module']],
    ['go.mod', 'module m\ntoolchain go1.24.1\n', ['asks for a Go toolchain']],
  ])('%s holding %s is told %j', (path, content, messages) => {
    expect(fileFaults({ path, content }).map((fault) => fault.message)).toEqual(messages);
  });
});

describe('a command', () => {
  const faultsOf = (command: readonly string[]) =>
    checkSettings({ requires: 'host', realDeps: { stages: [{ name: 'npm-install', command }] } }).map(
      (fault) => fault.message,
    );

  it.each([
    [['sh', '-euc', 'a\nb'], 0],
    [['/bin/bash', '-e', '-o', 'pipefail', '-c', 'a; b'], 0],
    [['sh', '-c', 'set -eu\na\nb'], 0],
    [['sh', '-c', 'npm install'], 0],
    [['sh', '-c', 'a; b'], 1],
    [['env', 'X=1', 'bash', '-uc', 'a\nb'], 1],
    [['npm', 'install'], 0],
  ])('%j has %i faults', (command, count) => {
    expect(faultsOf(command)).toHaveLength(count);
  });

  it('split over words is read as one text', () => {
    expect(faultsOf(['npm', 'install', '--registry', '$R'])).toEqual([
      'a registry, module proxy or package source must not be overridden',
    ]);
  });
});
