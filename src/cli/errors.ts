/** Codes of failures of the command line itself. */
export type CliErrorCode = 'CLI_USAGE' | 'CLI_NOT_CONFIRMED' | 'CLI_CANCELLED' | 'CLI_OUTPUT_FAILED' | 'CLI_FILE_EXISTS'
