#!/usr/bin/env node
// Hands the command line to src/cli/; runs under bun and under Node.
import { main } from '../src/cli/main.ts';

process.exitCode = await main(process.argv.slice(2));
