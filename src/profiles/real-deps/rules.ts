// What a stage of this benchmark must not do, as patterns over the text of its commands, files and environment.

/** What a rule is about; a text is told of one breach for each. */
export type RuleConcern = 'source' | 'cache' | 'failure' | 'readable';

/** Something a stage must not do. */
export interface Rule {
  readonly id: string;
  readonly concern: RuleConcern;
  readonly sentence: string;
  readonly hint: string;
  /** Matched against the text in lower case, without quotes, backslashes and line continuations. */
  readonly patterns: readonly RegExp[];
}

const OWN_UPSTREAM = "Take it out: the tool's own default upstream, through the proxy, is what is measured";

/** In order of precedence within a concern: the most telling first. */
export const RULES: readonly Rule[] = [
  {
    id: 'regional-mirror',
    concern: 'source',
    sentence: 'a regional or private mirror must not stand in for the upstream',
    hint: OWN_UPSTREAM,
    patterns: [
      /\b(?:npm|china|cn)mirror\b|\btaobao\b|\bcnpm\b|\bcnpmjs\b|goproxy\.(?:cn|io)|\bgocenter\b|\baliyun|\btuna\b|\btsinghua\b|\bustc\b|\bbfsu\b|\bsjtu|\bnju\.edu|\bzju\.edu|\bhust\.edu/,
      /tencent|huaweicloud|huawei\.com|\bdaocloud\b|dockerproxy|docker-?hub\.icu|\b1panel\b|\bazk8s\b|\b163\.com|\bnetease\b|\bqiniu\b|registry\.cn-/,
      /\bghproxy\b|\bfastgit\b|kgithub|\bgitclone\.com|\bgitee\.com|mirror\.gcr\.io|\bmirrors?\.[a-z0-9-]+\.[a-z]{2,}|\b(?:verdaccio|artifactory|jfrog|nexus|athens)\b/,
    ],
  },
  {
    id: 'registry-override',
    concern: 'source',
    sentence: 'a registry, module proxy or package source must not be overridden',
    hint: OWN_UPSTREAM,
    patterns: [
      /registry\s*[=:]|--registry\b|\bconfig\s+set\b|\bnpm\s+set\b|\bregistry\s+https?:|_mirror\s*=|\bdisturl\b|--(?:user|global)config\b|\bnpm_config_(?:user|global)config\s*=\s*(?!\$\{?(?:home|pwd|tmpdir)\b)/,
      /\b(?:goproxy|gosumdb|gonosumdb|gonosumcheck|gonoproxy|goprivate|goinsecure|govcs)\s*=|\bgo\s+env\s+-w\b|\bgoenv=(?!off\b)|-replace\b|-modfile\b/,
      /(?:>|\btee\b|\bsed\b|\bcp\b|\bmv\b|\bln\b)[^\n;&|]*\/etc\/apk\/repositories|\bsetup-apkrepos\b|\bapk\b[^\n;&|]*(?:--repositor|\s-x\s)|sources\.list/,
      /insteadof|\bgit_config_(?:count|key|value|parameters)|\bgit_config_global=(?!\/dev\/null)|\bgit\b[^\n;&|]*\s-c\s*url\./,
    ],
  },
  {
    id: 'speed-test',
    concern: 'source',
    sentence: 'a speed test or filler download is no evidence of real dependencies',
    hint: 'Take it out: fetch more real packages, modules or repositories instead',
    patterns: [
      /speed-?test|speed\.cloudflare|\bookla\b|\bfast\.com\b|\bfast-cli\b|librespeed|\biperf|\bnperf\b|\bnetperf\b|cachefly|thinkbroadband|\bproof\.ovh|__down\b|testfile|\btest-?file\b/,
      /\b\d+\s*[kmgt]i?b?\.(?:bin|dat|zip|test|img|iso|bz2|gz)\b|\/dev\/u?random\b|\/dev\/zero\b/,
    ],
  },
  {
    id: 'toolchain-install',
    concern: 'source',
    sentence: 'Node and Go come with their images; a stage must not install them',
    hint: 'Take it out: pulling the real node and golang images is part of the proof',
    patterns: [
      /\b(?:apk|apt|apt-get|yum|dnf|microdnf|pacman|zypper|brew|conda|mamba)\b[^\n;&|]*\s(?:nodejs|node|npm|yarn|pnpm|go|golang|gcc-go)(?:[-@=~><][^\s]*|\d[^\s]*)?(?=\s|$|[;&|])/,
      /\b(?:nvm|fnm|volta|nodeenv|asdf|goenv\s+install|gvm|rtx|nodesource|node-linux-|node-bin-)\b|\bmise\s+(?:install|use)\b|(?:^|[\n;&|(]|\bnpx)\s*n\s+(?:lts|latest|\d+)\b/,
      /\bgo\.dev\/dl|golang\.org\/(?:dl|toolchain)|dl\.google\.com\/go|nodejs\.org\/(?:dist|download)|\bgotoolchain\s*=\s*(?!local\b)|\bnpm\s+(?:i|install|add)\b[^\n;&|]*\snode(?:@|\s|$)/,
    ],
  },
  {
    id: 'image-stand-in',
    concern: 'source',
    sentence: 'images are pulled by the node itself; a stage must neither pull them nor change how they are pulled',
    hint: "Take it out: image-pull is the container runtime's own stage",
    patterns: [
      /\b(?:docker|podman|nerdctl|ctr|crictl|skopeo|crane|oras|buildah|umoci)\b[^\n;&|]*\s(?:pull|load|import|copy|run|unpack)\b|\bimagepullpolicy\b/,
    ],
  },
  {
    id: 'foreign-download',
    concern: 'source',
    sentence: 'a stage must download with the tool it is named for',
    hint: 'Take it out: bytes of another downloader would count as evidence for the stage',
    patterns: [
      /(?:^|[\n;&|({`]|\b(?:then|do|else|exec|xargs|env|command|time|busybox)\b)\s*(?:\w+=\S*\s+)*(?:\S*\/)?(?:curl|wget|aria2c|axel|httpie|lftp|rsync|scp)(?=\s|$)/,
    ],
  },
  {
    id: 'url-in-stage',
    concern: 'source',
    sentence: 'a stage must not name an address to download from',
    hint: 'Name packages and modules only; a Git remote belongs under realDeps.gitMirror.remote and reaches the stage as GIT_REMOTE',
    patterns: [/\b(?:https?|git|ssh|ftp|file|git\+[a-z]+):\/\/|\bgit@[a-z0-9.-]+:|\bgit_remote\s*=/],
  },
  {
    id: 'earlier-cache',
    concern: 'cache',
    sentence: 'each stage starts empty; nothing left by an earlier run may be used',
    hint: 'Take it out: leave caches where the tool puts them below $HOME',
    patterns: [
      /--(?:prefer-)?offline\b|--cache(?:-dir|-min)?[\s=]|\bnpm_config_(?:offline|prefer_offline)\s*=|--no-network\b|--reference(?:-if-able)?[\s=]|\bgit\s+clone\b[^\n;&|]*\s(?:-l|--local|-s|--shared)\b/,
      /-mod=vendor|\bgoflags\s*=|\b(?:gomodcache|gocache|gopath|npm_config_cache)\s*=\s*(?!\$\{?(?:home|pwd|tmpdir)\b)/,
    ],
  },
  {
    id: 'hidden-failure',
    concern: 'failure',
    sentence: 'a stage must not hide that a step failed',
    hint: 'Take it out: let the first failing step end the stage',
    patterns: [
      /\|\|\s*(?:true|:|exit\s+0|echo|printf|\/bin\/true|return\s+0|continue|break)(?=\s|$|[;&|)])/,
      /\bset\s+\+[a-z]*e|\bset\s+\+o\s+errexit|\bexit\s+0\b|[;\n]\s*(?:true|:)\s*$/,
      /\b(?:npm\s+(?:i|ci|install)|go\s+mod\s+download|git\s+clone|apk\s+add|remote\s+update)\b[^\n;&|]*\|(?!\|)/,
      /[^&>|\n]&(?![&>\d])/,
    ],
  },
  {
    id: 'hidden-command',
    concern: 'readable',
    sentence: "a stage's command must be readable as it stands",
    hint: 'Write the command out in the profile',
    patterns: [/(?:^|[\n;&|(])\s*eval\s|\bbase64\b|\bxxd\b|\|\s*(?:ba|a|da)?sh\b|\buudecode\b/],
  },
];

/** A rule that a text breaks, and the part of the text that does. */
export interface Breach {
  readonly rule: Rule;
  readonly excerpt: string;
}

const EXCERPT_CHARACTERS = 80;

/** The rules that a text breaks, at most one for each concern. */
export function breachesOf(text: string): readonly Breach[] {
  const plain = text
    .replace(/\\\n/g, ' ')
    .replace(/['"\\]/g, '')
    .toLowerCase();
  const told = new Set<RuleConcern>();
  return RULES.flatMap((rule) => {
    if (told.has(rule.concern)) return [];
    const found = rule.patterns.map((pattern) => pattern.exec(plain)).find((match) => match !== null);
    if (found === undefined) return [];
    told.add(rule.concern);
    return [
      {
        rule,
        excerpt: plain
          .slice(found.index, found.index + Math.max(found[0].length, 1))
          .trim()
          .slice(0, EXCERPT_CHARACTERS),
      },
    ];
  });
}
