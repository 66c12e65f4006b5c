import { appendFile } from 'node:fs/promises'
import { PosternError } from '../../../errors.ts'
import type { CliErrorCode } from '../../errors.ts'
import { printable } from '../../terminal.ts'

/** Notes what an installation does. */
export type Journal = (line: string) => Promise<void>

/**
 * Runs `work` with a journal that goes to a file, if there is one; a failure is noted, too.
 *
 * @throws {PosternError} CLI_OUTPUT_FAILED when the file cannot be written, before anything is done
 */
export async function withJournal<Result>(
  file: string | undefined,
  title: string,
  work: (journal: Journal) => Promise<Result>,
): Promise<Result> {
  const journal = file === undefined ? async () => undefined : writerOf(file)
  await journal(title)
  try {
    const result = await work(journal)
    await journal('done')
    return result
  } catch (error) {
    await journal(`failed: ${error instanceof PosternError ? `${error.code}: ${error.message}` : String(error)}`)
    throw error
  }
}

function writerOf(file: string): Journal {
  return async line => {
    try {
      await appendFile(file, `${new Date().toISOString()} ${line.split('\n').map(printable).join(' | ')}\n`, {
        mode: 0o600,
      })
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new PosternError<CliErrorCode>('CLI_OUTPUT_FAILED', `${file} could not be written: ${reason}`, {
        remedy: 'user',
        advice: 'Choose a --log in a folder that exists and that you may write to.',
        cause,
      })
    }
  }
}
