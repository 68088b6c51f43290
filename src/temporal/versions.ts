// The Temporal that is used, pinned in one place. docker-compose.temporal.yml repeats these, and a test compares them.

/** The `temporal` command with its dev server, as a Go module and its version. Later ones refuse `go install`. */
export const TEMPORAL_CLI_MODULE = 'github.com/temporalio/cli/cmd/temporal';
export const TEMPORAL_CLI_VERSION = 'v1.5.1';

/** The server and UI inside that command; compose runs the same as images. */
export const TEMPORAL_SERVER_VERSION = '1.29.1';
export const TEMPORAL_UI_VERSION = '2.42.1';

/** The database that compose keeps Temporal's state in. */
export const POSTGRES_IMAGE_TAG = '16-alpine';
