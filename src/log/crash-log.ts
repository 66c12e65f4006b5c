import process from 'node:process'
import type { Logger } from './logger.ts'

/** Notes in the log what ends the process: nobody may be there to read its stderr. `flush` writes the log at once. */
export function logCrashes(log: Logger, flush: () => void): Disposable {
  const onCrash = (error: unknown, origin: string) => {
    log.fatal({ err: error, origin }, 'a bug ends this process')
    flush()
  }
  process.on('uncaughtExceptionMonitor', onCrash)
  return { [Symbol.dispose]: () => void process.off('uncaughtExceptionMonitor', onCrash) }
}
