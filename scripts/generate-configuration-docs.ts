// Writes docs/configuration.md from the schemas in src/config and src/profiles.
import { writeFileSync } from 'node:fs';
import { configurationPage } from '../src/config/reference-page.ts';

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationPage());
