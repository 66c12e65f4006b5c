import { findDaemon } from '../../../daemon/control/control-client.ts'
import { PosternError } from '../../../errors.ts'
import type { CommandContext } from '../../command.ts'

/** Tells a running daemon that the approved certificates are others: what waits is tried, what is connected is checked. */
export async function tellDaemon({ home, terminal, signal }: CommandContext): Promise<void> {
  try {
    await using daemon = await findDaemon(home)
    await daemon?.call('cert.changed', {}, { signal })
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    terminal.note('The daemon could not be told; it finds out with its next connection.')
  }
}
