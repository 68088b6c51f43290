// Lets options given before a subcommand's name count for the subcommand too.
import type { CommandUnknownOpts } from '@commander-js/extra-typings';

/** Hands what the user gave to `parent` on to the subcommand; what stands after the subcommand's name wins. */
export function inheritOptions(parent: CommandUnknownOpts): void {
  parent.enablePositionalOptions().hook('preSubcommand', (from, to) => {
    for (const option of to.options) {
      const name = option.attributeName();
      if (from.getOptionValueSource(name) === 'cli')
        to.setOptionValueWithSource(name, from.getOptionValue(name), 'cli');
    }
  });
}
