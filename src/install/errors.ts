/** Codes of failures of installing and uninstalling. */
export type InstallErrorCode =
  | 'INSTALL_UNSUPPORTED'
  | 'INSTALL_NOT_PERMITTED'
  | 'INSTALL_PROGRAM_PRIVATE'
  | 'INSTALL_PROGRAM_UNSAFE'
  | 'INSTALL_OUTSIDE_ROOT'
  | 'INSTALL_COMMAND_FAILED'
