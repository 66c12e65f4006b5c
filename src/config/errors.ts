/** Codes of failures around config.yaml and the home folder. */
export type ConfigErrorCode =
  | 'CONFIG_INVALID'
  | 'CONFIG_UNREADABLE'
  | 'CONFIG_UNWRITABLE'
  | 'CONFIG_UNKNOWN_KEY'
  | 'CONFIG_INVALID_VALUE'
  | 'CONFIG_DEFAULTS_INVALID'
  | 'CONFIG_TEMPLATE_UNFIT'
