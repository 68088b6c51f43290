// Type-aware lint. Formatting is biome's, who may import whom is dependency-cruiser's.
import { builtinModules } from 'node:module';
import tseslint from 'typescript-eslint';

const ONLY_CLI_PRINTS = 'Only src/cli and scripts print or end the process.';

/** Files below src that are started as programs of their own, and so print and exit. */
const PROGRAMS = [
  'src/cli/**',
  'src/cluster/host/supervisor.ts',
  'src/load/main.ts',
  'src/proxies/metadata-proxy/main.ts',
  'src/proxies/metadata-upstream/main.ts',
  'src/temporal/sdk-download-child.ts',
];

/** Node's own modules, with and without `node:`. A workflow is replayed, so it may ask the machine for nothing. */
const NODE_MODULES = builtinModules.filter((name) => !name.startsWith('_')).flatMap((name) => [name, `node:${name}`]);

export default tseslint.config(
  { ignores: ['node_modules/', 'coverage/', '.proxybench/', 'test/fixtures/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-expect-error': true, 'ts-ignore': true, 'ts-nocheck': true },
      ],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-for-in-array': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/no-unsafe-argument': 'error',
      '@typescript-eslint/no-unsafe-assignment': 'error',
      '@typescript-eslint/no-unsafe-call': 'error',
      '@typescript-eslint/no-unsafe-member-access': 'error',
      '@typescript-eslint/no-unsafe-return': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          destructuredArrayIgnorePattern: '^_',
          ignoreRestSiblings: true,
        },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/restrict-plus-operands': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Name what is exported.' }],
      'prefer-const': 'error',
    },
  },
  {
    // Matchers such as expect.any() are of type any by design.
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  {
    files: ['*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['src/**/*.ts'],
    ignores: PROGRAMS,
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit', message: ONLY_CLI_PRINTS },
        { object: 'process', property: 'stdout', message: ONLY_CLI_PRINTS },
        { object: 'process', property: 'stderr', message: ONLY_CLI_PRINTS },
      ],
    },
  },
  {
    files: ['src/workflows/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: NODE_MODULES.map((name) => ({ name, message: 'Workflows are replayed: no Node built-ins.' })) },
      ],
      'no-restricted-globals': ['error', 'process', 'Buffer', 'fetch', 'require', 'setImmediate'],
    },
  },
);
