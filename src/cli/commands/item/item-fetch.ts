import type { FetchedItems } from '../../../daemon/methods/fetch.ts'
import { PosternError } from '../../../errors.ts'
import { type Command, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'

const MEGABYTE = 1_000_000
const MAX_TIMEOUT_S = 86_400

/** `postern item fetch` */
export const itemFetchCommand: Command<never> = defineCommand<{ ids: string[]; timeout: number }>({
  command: 'fetch <ids..>',
  describe: 'Fetch all of messages of which only the header is here',
  examples: [['$0 item fetch 1-42', 'At once, whatever is being synchronized']],
  build: yargs =>
    yargs
      .positional('ids', { type: 'string', array: true, demandOption: true, describe: 'See postern item list' })
      .option('timeout', { type: 'number', default: 300, describe: 'Give up after so many seconds' }),
  run: async ({ ids, timeout }, context) => {
    if (!(timeout > 0 && timeout <= MAX_TIMEOUT_S)) throw timeoutUsage()
    const { terminal } = context
    let lines = 0
    const show = (event: unknown) => {
      const { octets, total } = event as { octets: number; total: number } // src/sync/download/body-fetcher.ts
      terminal.progress(`Fetched ${megabytes(octets)} of ${megabytes(total)} MB`, { rewriteLines: lines })
      lines = 1
    }
    const params = { ids: ids.map(String), timeoutMs: Math.round(timeout * 1000) }
    const result = await call<FetchedItems>(context, 'item.fetch', params, show)
    terminal.result(result, describe)
    return result.errors.length > 0 ? 1 : 0
  },
})

function describe({ fetched, already, errors }: FetchedItems): string {
  const whole = already.length > 0 ? `, ${already.length} whole already` : ''
  return [`Fetched ${fetched.length}${whole}`, ...errors.map(({ id, message }) => `${id}: ${printable(message)}`)].join(
    '\n',
  )
}

function timeoutUsage(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', '--timeout must be a number of seconds, up to a day.', {
    remedy: 'user',
    advice: 'For example: postern item fetch 1-42 --timeout 600',
  })
}

function megabytes(octets: number): string {
  return (octets / MEGABYTE).toFixed(1)
}
