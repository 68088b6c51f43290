// Writes docs/exit-codes.md from the one list in src/cli/exit-codes.ts.
import { writeFileSync } from 'node:fs';
import { exitCodesPage } from '../src/cli/exit-codes.ts';

writeFileSync(new URL('../docs/exit-codes.md', import.meta.url), exitCodesPage());
