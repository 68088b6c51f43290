// Runs a script on another Node as if it had been started there: same terminal, same signals, same exit code.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/** npm passes a signal on as well as the terminal does; two within this time are one. */
const SAME_SIGNAL_MS = 200;

/**
 * Never returns: ends this process the way the child ended.
 * @param {{ node: string, script: string, args: readonly string[], env?: NodeJS.ProcessEnv }} input
 */
export function handOver({ node, script, args, env = process.env }) {
  const child = spawn(node, [script, ...args], { stdio: 'inherit', env });
  const lastAtMs = new Map();
  const pass = (signal) => {
    // Ctrl-C reaches the child from the terminal itself; passing it on too would make one key press look like two.
    if (signal === 'SIGINT' && inForegroundOfTerminal()) return;
    const nowMs = performance.now();
    if (nowMs - (lastAtMs.get(signal) ?? -Infinity) < SAME_SIGNAL_MS) return;
    lastAtMs.set(signal, nowMs);
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, pass);
  child.on('error', (error) => {
    process.stderr.write(`proxybench: cannot start ${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    for (const each of signals) process.removeListener(each, pass);
    if (signal === null) process.exit(code ?? 1);
    // Die of the same signal, so that shells and CI see what happened; the exit code is for platforms that ignore it.
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 1000);
  });
}

function inForegroundOfTerminal() {
  try {
    // After the parenthesised command name: state, parent, group, session, terminal, the terminal's foreground group.
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return terminal !== '0' && group === foreground;
  } catch {
    return [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true);
  }
}
