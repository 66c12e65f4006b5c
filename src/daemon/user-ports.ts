import { createHash } from 'node:crypto'
import { userInfo } from 'node:os'
import process from 'node:process'
import type { ConfigFile } from '../config/config-file.ts'
import { PosternError } from '../errors.ts'
import type { DaemonErrorCode } from './errors.ts'
import { findFreePorts } from './free-ports.ts'

// Above most that programs have registered, below what systems take for outgoing connections (Linux from 32768).
const FIRST_PORT = 10_240
const END_PORT = 32_768
const PORTS_PER_USER = 4 // three fronts, and one to come
const SLOTS = (END_PORT - FIRST_PORT) / PORTS_PER_USER
const MAX_TRIES = 64
const FRONTS = ['pop3', 'smtp', 'imap'] as const

/**
 * Gives a home ports of its own, on a machine where every user has a daemon: counted from the user's number, the next
 * that are free; written down, and kept from then on. A home with a profile keeps what it has, since somebody may have
 * typed it into Outlook.
 *
 * @throws {PosternError} DAEMON_NO_PORTS, CONFIG_…
 */
export async function giveUserPorts(config: ConfigFile, user: number = userNumber()): Promise<void> {
  if (!config.defaults.hasPortsPerUser || Object.keys(config.config.profiles).length > 0) return
  const wanting = FRONTS.filter(name => !config.isSet(['fronts', name, 'port']))
  if (wanting.length === 0) return
  const first = await findFreeSlot(user)
  for (const name of wanting) await config.change(['fronts', name, 'port'], first + FRONTS.indexOf(name))
}

async function findFreeSlot(user: number): Promise<number> {
  for (let tried = 0; tried < MAX_TRIES; tried++) {
    const first = FIRST_PORT + ((user + tried) % SLOTS) * PORTS_PER_USER
    const found = await findFreePorts(FRONTS.map((_, index) => first + index))
    if (found.every(({ instead }) => instead === undefined)) return first
  }
  throw new PosternError<DaemonErrorCode>(
    'DAEMON_NO_PORTS',
    `None of the ports that are meant for user ${user} is free, nor those of the next ${MAX_TRIES}.`,
    { remedy: 'user', advice: 'Set some that are: postern config set fronts.pop3.port PORT, likewise smtp and imap.' },
  )
}

// Users of one machine are mostly numbered in a row, so their ports do not meet. Windows tells Node no number.
function userNumber(): number {
  const { uid, username } = userInfo()
  if (process.platform !== 'win32') return uid
  return createHash('sha256').update(username.toLowerCase()).digest().readUInt32BE()
}
