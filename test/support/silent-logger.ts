import { type Logger as PinoLogger, pino } from 'pino'

/** A logger that says nothing. */
export function silentLogger(): PinoLogger {
  return pino({ level: 'silent' })
}
