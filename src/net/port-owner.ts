import { readdir, readFile, readlink } from 'node:fs/promises'

const LISTEN_STATE = '0A' // TCP_LISTEN in /proc/net/tcp

/** Who holds a port. */
export interface PortOwner {
  readonly pid: number
  readonly command: string
}

/** Finds which process listens on a TCP port, where /proc tells it; undefined elsewhere or for another user's process. */
export async function findPortOwner(port: number): Promise<PortOwner | undefined> {
  const inodes = new Set([...(await listeningInodes('tcp', port)), ...(await listeningInodes('tcp6', port))])
  if (inodes.size === 0) return undefined
  for (const pid of await list('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    for (const fd of await list(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(await link(`/proc/${pid}/fd/${fd}`))?.[1]
      if (inode && inodes.has(inode)) return { pid: Number(pid), command: (await read(`/proc/${pid}/comm`)).trim() }
    }
  }
  return undefined
}

async function listeningInodes(table: string, port: number): Promise<string[]> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  return (await read(`/proc/net/${table}`))
    .split('\n')
    .map(row => row.trim().split(/\s+/))
    .filter(fields => fields[1]?.endsWith(`:${wanted}`) && fields[3] === LISTEN_STATE)
    .map(fields => fields[9] ?? '')
}

// Processes come and go while we look, and others' are closed to us: what cannot be read is no owner that we can name.
async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

async function list(path: string): Promise<string[]> {
  return readdir(path).catch(() => [])
}

async function link(path: string): Promise<string> {
  return readlink(path).catch(() => '')
}
