import { type Logger as PinoLogger, pino } from 'pino'
import { PosternError } from '../errors.ts'
import type { DailyFile } from './daily-file.ts'

/** A bound logger. Data are fields, the message is a constant sentence; no content, address or secret above `trace`. */
export type Logger = PinoLogger

/** As users know it: `errors` is "startup and errors only". */
export type LogLevel = 'errors' | 'debug'

/** The pino level of a setting; `info` is for startup and for changes of state alone. */
export function pinoLevel(level: LogLevel): string {
  return level === 'debug' ? 'debug' : 'info'
}

/** Makes the logger of a process. */
export function createLogger(level: LogLevel, file: DailyFile): Logger {
  return pino(
    {
      level: pinoLevel(level),
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
      serializers: { err: describeError },
    },
    file,
  )
}

// The message of an expected failure may name a person; its code says the same without. A bug is told with its stack.
function describeError(error: unknown): object {
  if (error instanceof PosternError) return { code: error.code, remedy: error.remedy }
  return error instanceof Error ? { name: error.name, stack: error.stack } : { value: typeof error }
}
