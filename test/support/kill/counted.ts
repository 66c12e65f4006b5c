import type { Socket } from 'node:net'
import type { PackWriter } from '../../../src/store/packs/pack-writer.ts'
import type { Store } from '../../../src/store/store.ts'
import type { KillPoints } from './points.ts'

const SHOWN_OCTETS = 60

/** Counts a socket's moments: before and after each write, and when its answer is here but was not looked at. */
export function countTraffic(socket: Socket, points: KillPoints): Socket {
  const write = socket.write.bind(socket) as (chunk: Buffer | string) => boolean // all that the client uses
  let written = ''
  socket.write = (chunk: Buffer | string) => {
    written = JSON.stringify(String(chunk).slice(0, SHOWN_OCTETS))
    points.reach(`before the write ${written}`)
    const hasRoom = write(chunk)
    points.reach(`after the write ${written}`)
    return hasRoom
  }
  onChunk(socket, chunk => {
    if (written !== '') points.reach(`at the answer to ${written}`)
    written = ''
    return chunk
  })
  return socket
}

/** Makes the server's APPENDUID and COPYUID unreadable, as if it gave none. */
export function hideUids(socket: Socket): Socket {
  // A code that is cut in two by the network stays as it is: a server may give UIDs at times.
  onChunk(socket, chunk =>
    Buffer.from(chunk.toString('latin1').replace(/\[(?:APPENDUID|COPYUID) /g, '[X-HIDDEN '), 'latin1'),
  )
  return socket
}

/** Looks at, or changes, what comes in before anybody else sees it. */
function onChunk(socket: Socket, change: (chunk: Buffer) => Buffer): void {
  const emit = socket.emit.bind(socket) as (event: string, ...values: unknown[]) => boolean
  socket.emit = (event: string, ...values: unknown[]) => {
    const [chunk] = values
    return event === 'data' && Buffer.isBuffer(chunk) ? emit('data', change(chunk)) : emit(event, ...values)
  }
}

/** Counts the commits of a store: the moments when all is written but the COMMIT, and after it; pack syncs alike. */
export function countCommits(store: Store, points: KillPoints): Store {
  const counted = (name: 'transact' | 'transactRepeatable') => (change: Parameters<Store['transact']>[0]) => {
    const result = store[name](transactor => {
      const changed = change(transactor)
      points.reach(`before the commit of ${caller()}`)
      return changed
    })
    points.reach(`after the commit of ${caller()}`)
    return result
  }
  return {
    read: store.read,
    transact: counted('transact'),
    transactRepeatable: counted('transactRepeatable'),
    openPackWriter: () => countSyncs(store.openPackWriter(), points),
  } as unknown as Store // all that the engine uses of it
}

function countSyncs(writer: PackWriter, points: KillPoints): PackWriter {
  const sync = writer.sync.bind(writer)
  writer.sync = async () => {
    points.reach('before the sync of a pack')
    const ends = await sync()
    points.reach('after the sync of a pack')
    return ends
  }
  return writer
}

/** The line of the engine that made the change, for whoever reads of a failure. */
function caller(): string {
  const line = new Error().stack?.split('\n').find(line => /\/src\/(?!store\/)/.test(line))
  return line?.replace(/^.*\/src\//, 'src/').replace(/\)$/, '') ?? 'somebody'
}
