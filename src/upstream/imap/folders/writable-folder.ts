import { mailboxArgument } from '../../../formats/imap/mailbox-name.ts'
import type { ResponseCode } from '../../../formats/imap/response.ts'
import { type UidSet, uidsInOrder } from '../../../formats/imap/uid-set.ts'
import { numberOf, textOf } from '../../../formats/imap/value.ts'
import type { GivenHandler, WritableFolder } from '../../../sync/remote.ts'
import type { ImapConnection } from '../connection/connection.ts'
import { isFlag } from './append.ts'
import { OpenFolder, Opening } from './selected-folder.ts'

const MAX_SET_OCTETS = 7000 // RFC 7162 section 4 lets servers refuse lines of over 8,192 octets
const MAX_COPIED = 100_000

/** Opens a folder for changes (SELECT). */
export async function selectFolder(connection: ImapConnection, path: string): Promise<WritableFolder> {
  const opening = new Opening()
  await connection.command(['SELECT ', mailboxArgument(path)], opening)
  opening.assertNumbered(connection, path)
  return new SelectedForChanges(connection, path, opening)
}

class SelectedForChanges implements WritableFolder {
  readonly #connection: ImapConnection
  readonly path: string
  readonly contents: OpenFolder
  readonly uidValidity: number
  readonly readOnly: boolean
  readonly permanentFlags: readonly string[]

  constructor(connection: ImapConnection, path: string, opening: Opening) {
    const { uidValidity, readOnly, permanentFlags } = opening
    this.#connection = connection
    this.path = path
    this.contents = new OpenFolder(connection, path, opening, false)
    this.uidValidity = uidValidity
    this.readOnly = readOnly
    this.permanentFlags = permanentFlags
  }

  async storeFlags(uids: UidSet, change: { readonly add: readonly string[]; readonly remove: readonly string[] }) {
    const [add, remove] = [change.add.filter(isFlag), change.remove.filter(isFlag)]
    const commands = Array.from(uids.split(MAX_SET_OCTETS), set => [
      ...(add.length > 0 ? [`UID STORE ${set} +FLAGS.SILENT (${add.join(' ')})`] : []),
      ...(remove.length > 0 ? [`UID STORE ${set} -FLAGS.SILENT (${remove.join(' ')})`] : []),
    ]).flat()
    await Promise.all(commands.map(command => this.#connection.command([command])))
  }

  move(uids: UidSet, destination: string, onGiven: GivenHandler): Promise<void> {
    return this.#transfer('MOVE', uids, destination, onGiven)
  }

  copy(uids: UidSet, destination: string, onGiven: GivenHandler): Promise<void> {
    return this.#transfer('COPY', uids, destination, onGiven)
  }

  async expunge(uids: UidSet): Promise<void> {
    const hasUidPlus = this.#connection.capabilities.has('UIDPLUS')
    const commands = Array.from(uids.split(MAX_SET_OCTETS), set => [
      `UID STORE ${set} +FLAGS.SILENT (\\Deleted)`,
      ...(hasUidPlus ? [`UID EXPUNGE ${set}`] : []),
    ]).flat()
    await Promise.all(commands.map(command => this.#connection.command([command])))
  }

  async #transfer(verb: 'MOVE' | 'COPY', uids: UidSet, destination: string, onGiven: GivenHandler) {
    const code = ({ name, args }: ResponseCode) => {
      if (name !== 'COPYUID') return
      const uidValidity = numberOf(args[0]) ?? 0
      const [from, to] = [args[1], args[2]].map(value => uidsInOrder(textOf(value) ?? '', MAX_COPIED))
      if (!from || !to || from.length !== to.length || uidValidity === 0) return
      for (const [index, uid] of from.entries()) onGiven(uid, { uidValidity, uid: to[index] ?? 0 })
    }
    const target = mailboxArgument(destination)
    const sets = [...uids.split(MAX_SET_OCTETS)]
    await Promise.all(sets.map(set => this.#connection.command([`UID ${verb} ${set} `, target], { code })))
  }
}
