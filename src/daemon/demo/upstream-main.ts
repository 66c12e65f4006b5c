import process from 'node:process'
import { DailyFile } from '../../log/daily-file.ts'
import { createLogger } from '../../log/logger.ts'
import { DemoUpstream, type DemoUpstreamReport } from './demo-upstream.ts'

/** What the process is told to do. */
export interface DemoUpstreamRequest {
  readonly dir: string
  readonly logsDir: string
  readonly address: string
  readonly password: string
}

/** What it answers, once. */
export type DemoUpstreamAnswer =
  | { readonly kind: 'ready'; readonly report: DemoUpstreamReport }
  | { readonly kind: 'failed'; readonly message: string }

function answer(message: DemoUpstreamAnswer): void {
  if (process.connected) process.send?.(message)
}

// It has nothing to keep: when the demo ends, it ends.
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => undefined).on('SIGTERM', () => undefined)
process.once('message', ({ logsDir, ...options }: DemoUpstreamRequest) => {
  const log = createLogger('errors', new DailyFile({ dir: logsDir, clock: Date.now })).child({ component: 'demo' })
  DemoUpstream.start({ ...options, clock: Date.now, log }).then(
    ({ report }) => answer({ kind: 'ready', report }),
    error => answer({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
  )
})
