import type { Logger as PinoLogger } from 'pino'

/** A bound logger. Data are fields, the message is a constant sentence; no content, address or secret above `trace`. */
export type Logger = PinoLogger
