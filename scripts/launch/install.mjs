// Installs what the lock file asks for, when it is not there already, with progress on stderr.
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';

const PROGRESS_EVERY_MS = 10_000;

/** A reason and what to do about it; shown without a stack. */
export class InstallError extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/**
 * Whether node_modules holds what the lock file asks for. npm's own record tells, so an install by hand counts, and one
 * that was interrupted does not (npm writes the record last).
 * @param {{ root: string }} input
 * @returns {boolean}
 */
export function isInstalled({ root }) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    const present = JSON.parse(readFileSync(record, 'utf8')).packages;
    return Object.entries(wanted).every(([path, entry]) => {
      if (path === '') return true;
      const found = present[path];
      // What is optional for another platform is rightly absent.
      return found === undefined ? entry.optional === true : found.version === entry.version;
    });
  } catch {
    return false;
  }
}

/**
 * Runs `npm ci`. Its output and the progress go to stderr: stdout belongs to the program that follows.
 * @param {{ root: string }} input
 * @returns {Promise<void>}
 */
export async function install({ root }) {
  refuseLink(join(root, 'node_modules'));
  const [command, ...first] = npmCommand();
  // Development dependencies bring Node itself, so they are wanted even where NODE_ENV says production.
  const args = [...first, 'ci', '--include=dev', '--engine-strict=false', '--loglevel=error'];
  say(
    existsSync(join(root, 'node_modules')) ? 'dependencies are out of date: npm ci' : 'installing dependencies: npm ci',
  );
  const startedAtMs = performance.now();
  const seconds = () => Math.round((performance.now() - startedAtMs) / 1000);
  const ticker = setInterval(() => say(`still installing, ${seconds()} s`), PROGRESS_EVERY_MS);
  try {
    await run(command, args, root);
  } finally {
    clearInterval(ticker);
  }
  say(`dependencies installed in ${seconds()} s`);
}

/** `npm ci` begins by emptying node_modules, and through a link it would empty a folder that belongs to somebody else. */
function refuseLink(folder) {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  const target = existsSync(folder) ? realpathSync(folder) : 'nowhere';
  throw new InstallError(
    `node_modules is a link to ${target}, which does not hold what the lock file asks for; npm ci would empty it`,
    'Remove the link and run this again, or bring the folder that it points to up to date yourself.',
  );
}

/** The npm that started us, else the one on PATH. */
function npmCommand() {
  const started = process.env.npm_execpath;
  if (started !== undefined && basename(started) === 'npm-cli.js' && existsSync(started))
    return [process.execPath, started];
  return ['npm'];
}

function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 2, 2] });
    const pass = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, pass);
    child.on('error', (error) => {
      reject(
        error.code === 'ENOENT'
          ? new InstallError('npm was not found on PATH', 'Install npm (it comes with Node.js), then run this again.')
          : new InstallError(`npm could not be started: ${error.message}`, 'Check that `npm --version` works here.'),
      );
    });
    child.on('exit', (code, signal) => {
      for (const each of signals) process.removeListener(each, pass);
      if (code === 0) return resolve();
      if (signal !== null)
        return reject(new InstallError(`npm ci was stopped by ${signal}`, 'Run this again to go on.'));
      reject(
        new InstallError(
          `npm ci failed with exit code ${code}; its own message is above`,
          'Check that `npm ping` answers (behind a proxy set HTTPS_PROXY, offline run it once online first), then run this again.',
        ),
      );
    });
  });
}

function say(line) {
  process.stderr.write(`proxybench: ${line}\n`);
}
