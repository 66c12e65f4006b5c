import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { UidSet } from '../../src/formats/imap/uid-set.ts'
import { portOf } from './front-server.ts'

/** A message of the server. */
export interface SpoiledMessage {
  readonly text: string
  flags: string[]
}

/** A folder of the server, under the name that it has on the wire. */
export interface SpoiledFolder {
  uidValidity: number
  uidNext: number
  readonly messages: Map<number, SpoiledMessage>
}

/** Changes an honest answer: the lines before the tagged one, and the tagged one. Undefined leaves it as it is. */
export type Spoil = (command: string, honest: string, socket: Socket) => string | Buffer | undefined

/** How answers are cut into segments: replies must not depend on it. */
export type Delivery = 'whole' | 'octet by octet'
export const DELIVERIES: readonly Delivery[] = ['whole', 'octet by octet']

/** A small IMAP server that is honest until a test spoils what it says. */
export class SpoiledImap {
  readonly folders = new Map<string, SpoiledFolder>()
  readonly received: string[] = []
  readonly #sockets = new Set<Socket>()
  /** What follows IMAP4rev1 in the list. */
  capabilities = 'LITERAL+ UIDPLUS'
  greeting = '* OK ready\r\n'
  spoil: Spoil = () => undefined
  delivery: Delivery = 'whole'
  modseq = 1
  port = 0

  /** Starts one with an INBOX; it ends with the test. */
  static async start(t: Test): Promise<SpoiledImap> {
    const imap = new SpoiledImap()
    imap.addFolder('INBOX')
    const server = createServer({ noDelay: true }, socket => imap.#serve(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    imap.port = portOf(server.address())
    t.teardown(() => {
      for (const socket of imap.#sockets) socket.destroy()
      server.close()
    })
    return imap
  }

  addFolder(name: string, uidValidity = 7): SpoiledFolder {
    const folder = { uidValidity, uidNext: 1, messages: new Map() }
    this.folders.set(name, folder)
    return folder
  }

  folder(name: string): SpoiledFolder {
    return this.folders.get(name) ?? this.addFolder(name)
  }

  /** Puts a message into a folder and gives its UID. */
  add(name: string, subject: string, flags: string[] = []): number {
    const text = `Message-ID: <${subject}@x>\r\nSubject: ${subject}\r\n\r\nthe body of ${subject}\r\n`
    return this.#append(this.folder(name), text, flags)
  }

  #append(folder: SpoiledFolder, text: string, flags: string[]): number {
    this.modseq++
    folder.messages.set(folder.uidNext, { text, flags })
    return folder.uidNext++
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined) // the client's end is what is tested
    this.#send(socket, this.greeting)
    const session = new Session(this)
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      for (;;) {
        const [command, length] = firstCommand(text)
        if (command === undefined) return
        text = text.slice(length)
        this.received.push(command)
        const [, tag = '', line = ''] = /^(\S+) (.*)$/s.exec(command) ?? []
        const honest = session.answer(line, (folder, body, flags) => this.#append(folder, body, flags))
        const answer = this.spoil(line, honest, socket) ?? honest
        this.#send(socket, typeof answer === 'string' ? answer.replaceAll('TAG', tag) : answer)
      }
    })
  }

  #send(socket: Socket, answer: string | Buffer): void {
    const octets = typeof answer === 'string' ? Buffer.from(answer, 'latin1') : answer
    if (this.delivery === 'whole') socket.write(octets)
    else for (let at = 0; at < octets.length; at++) socket.write(octets.subarray(at, at + 1))
  }
}

/** A line with the literals in it, and how long all that is. */
function firstCommand(text: string): [string, number] | [] {
  let end = 0
  for (;;) {
    const line = text.indexOf('\r\n', end)
    if (line === -1) return []
    const literal = /\{(\d+)\+\}$/.exec(text.slice(end, line))
    if (!literal) return [text.slice(0, line), line + 2]
    end = line + 2 + Number(literal[1])
    if (text.length < end) return []
  }
}

class Session {
  readonly #imap: SpoiledImap
  #open: SpoiledFolder | undefined

  constructor(imap: SpoiledImap) {
    this.#imap = imap
  }

  answer(line: string, append: (folder: SpoiledFolder, text: string, flags: string[]) => number): string {
    const imap = this.#imap
    const [verb = '', ...rest] = line.split(' ')
    const name = mailboxOf(line)
    if (verb === 'CAPABILITY') return `* CAPABILITY IMAP4rev1 ${imap.capabilities}\r\nTAG OK done\r\n`
    if (verb === 'LIST' || verb === 'LSUB') return `${this.#list(verb)}TAG OK done\r\n`
    if (verb === 'LOGOUT') return '* BYE bye\r\nTAG OK done\r\n'
    if (verb === 'APPEND') return this.#append(name, line, append)
    if (verb === 'UID') return this.#uid(rest.join(' '))
    if (verb === 'CREATE') imap.addFolder(name)
    if (verb === 'DELETE') imap.folders.delete(name)
    if (!/^(STATUS|EXAMINE|SELECT)$/.test(verb)) return 'TAG OK done\r\n'
    const folder = imap.folders.get(name)
    if (!folder) return 'TAG NO [NONEXISTENT] no such folder\r\n'
    return verb === 'STATUS' ? status(name, folder, imap.modseq) : this.#select(folder, verb)
  }

  #list(verb: string): string {
    return [...this.#imap.folders.keys()].map(name => `* ${verb} () "/" ${quoted(name)}\r\n`).join('')
  }

  #select(folder: SpoiledFolder, verb: string): string {
    this.#open = folder
    const { messages, uidValidity, uidNext } = folder
    const modseq = this.#imap.capabilities.includes('CONDSTORE') ? this.#imap.modseq : 0
    const codes = [`UIDVALIDITY ${uidValidity}`, `UIDNEXT ${uidNext}`, ...(modseq ? [`HIGHESTMODSEQ ${modseq}`] : [])]
    const lines = codes.map(code => `* OK [${code}] ok\r\n`).join('')
    const access = verb === 'SELECT' ? 'READ-WRITE' : 'READ-ONLY'
    return `* ${messages.size} EXISTS\r\n${lines}TAG OK [${access}] done\r\n`
  }

  #append(
    name: string,
    line: string,
    append: (folder: SpoiledFolder, text: string, flags: string[]) => number,
  ): string {
    const found = /^APPEND .*? \(([^)]*)\) "[^"]*" \{\d+\+\}\r\n(.*)$/s.exec(line)
    if (!found) return 'TAG BAD only LITERAL+ is spoken here\r\n'
    const [, flags = '', text = ''] = found
    const folder = this.#imap.folder(name)
    const uid = append(folder, text, flags === '' ? [] : flags.split(' '))
    return `TAG OK [APPENDUID ${folder.uidValidity} ${uid}] done\r\n`
  }

  #uid(rest: string): string {
    const [, verb = '', set = '', what = ''] = /^(\S+) (\S+) ?(.*)$/.exec(rest) ?? []
    const { messages } = this.#open ?? { messages: new Map<number, SpoiledMessage>() }
    const all = [...messages.entries()]
    if (verb === 'SEARCH') return `* SEARCH ${[...messages.keys()].join(' ')}\r\nTAG OK done\r\n`
    const uids = UidSet.parse(set.replace('*', '4294967295')) ?? UidSet.EMPTY
    const chosen = all.filter(([uid]) => uids.has(uid))
    if (verb === 'STORE') store(chosen, what)
    if (verb === 'EXPUNGE') for (const [uid, { flags }] of chosen) if (flags.includes('\\Deleted')) messages.delete(uid)
    if (verb === 'MOVE' || verb === 'COPY') return this.#transfer(verb, chosen, mailboxOf(`x ${what}`))
    if (verb !== 'FETCH') return 'TAG OK done\r\n'
    const lines = chosen.map(([uid, message]) =>
      fetched(all.findIndex(([each]) => each === uid) + 1, uid, message, what),
    )
    return `${lines.join('')}TAG OK done\r\n`
  }

  #transfer(verb: string, chosen: readonly (readonly [number, SpoiledMessage])[], name: string): string {
    const target = this.#imap.folder(name)
    const first = target.uidNext
    for (const [uid, message] of chosen) {
      this.#imap.modseq++
      target.messages.set(target.uidNext++, { ...message })
      if (verb === 'MOVE') this.#open?.messages.delete(uid)
    }
    const from = chosen.map(([uid]) => uid).join(',')
    return `* OK [COPYUID ${target.uidValidity} ${from} ${first}:${target.uidNext - 1}] done\r\nTAG OK done\r\n`
  }
}

function status(name: string, { messages, uidNext, uidValidity }: SpoiledFolder, modseq: number): string {
  const items = `MESSAGES ${messages.size} UIDNEXT ${uidNext} UIDVALIDITY ${uidValidity} HIGHESTMODSEQ ${modseq}`
  return `* STATUS ${quoted(name)} (${items})\r\nTAG OK done\r\n`
}

function store(chosen: readonly (readonly [number, SpoiledMessage])[], what: string): void {
  const [, sign, words = ''] = /^([+-])FLAGS.SILENT \((.*)\)$/.exec(what) ?? []
  for (const [, message] of chosen) {
    const rest = message.flags.filter(flag => !words.split(' ').includes(flag))
    message.flags = sign === '+' ? [...rest, ...words.split(' ')] : rest
  }
}

function fetched(number: number, uid: number, { text, flags }: SpoiledMessage, what: string): string {
  const parts = [`UID ${uid} FLAGS (${flags.join(' ')})`]
  if (what.includes('RFC822.SIZE')) parts.push(`RFC822.SIZE ${text.length} INTERNALDATE "01-Jan-2026 00:00:00 +0000"`)
  const header = text.slice(0, text.indexOf('\r\n\r\n') + 4)
  if (what.includes('HEADER'))
    parts.push(`BODY[HEADER${what.includes('FIELDS') ? '.FIELDS (MESSAGE-ID)' : ''}] {${header.length}}\r\n${header}`)
  if (what.includes('BODY.PEEK[]')) parts.push(`BODY[] {${text.length}}\r\n${text}`)
  return `* ${number} FETCH (${parts.join(' ')})\r\n`
}

/** The first argument of a command: quoted, a literal or an atom. */
function mailboxOf(line: string): string {
  const [, string, length, atom = ''] = /^\S+ (?:"((?:[^"\\]|\\.)*)"|\{(\d+)\+\}\r\n|(\S+))/s.exec(line) ?? []
  if (string !== undefined) return string.replace(/\\(.)/gs, '$1')
  const start = line.indexOf('\r\n') + 2
  return length === undefined ? atom : line.slice(start, start + Number(length))
}

/** A name as the server says it: quoted where that is possible, else a literal. */
function quoted(name: string): string {
  if (/[\r\n\x80-\xff]/.test(name)) return `{${name.length}}\r\n${name}`
  return `"${name.replace(/[\\"]/g, character => `\\${character}`)}"`
}
