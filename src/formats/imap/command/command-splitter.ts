import type { ClientLine, CommandEvent, CommandSplitterLimits, RefusalReason } from './command-event.ts'
import { type CommandPiece, findTag } from './command-piece.ts'
import { HeldOctets } from './held-octets.ts'
import { InputQueue } from './input-queue.ts'
import { findLiteralAnnouncement, LINE_TAIL_OCTETS, type LiteralAnnouncement } from './literal-announcement.ts'

const LF = 0x0a
const CR = 0x0d
const NOTHING = Buffer.alloc(0)
const LITERAL_OCTETS = 256 // what one costs beside its octets: a hostile command may be all literals of nothing

const DEFAULT_LIMITS: CommandSplitterLimits = {
  maxLineOctets: 65_536, // RFC 7162 section 4 asks for 8192; lists of UIDs are longer
  maxLiteralOctets: 65_536,
  maxCommandOctets: 262_144,
  maxSkippedOctets: 134_217_728,
}

type State =
  | { readonly kind: 'text' }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'broken' }
  | { readonly kind: 'held' | 'streamed' | 'skipped'; missing: number }

const TEXT: State = { kind: 'text' }

/**
 * Cuts what a client sends into commands (RFC 9051 section 4.3). It holds at most twice its limits beside the chunk
 * that is being read, as long as {@link next} is called until it finds nothing, or the socket is paused until then.
 */
export class CommandSplitter {
  readonly #limits: CommandSplitterLimits
  readonly #input = new InputQueue()
  readonly #held = new HeldOctets()
  #state: State = TEXT
  #pieces: CommandPiece[] = []
  #lineStart = 0
  #extraOctets = 0
  #tag: string | undefined
  #hasMessage = false
  #refusal: RefusalReason | undefined
  /** The end of the line of a refused command. */
  #tail: Buffer = NOTHING
  #announced: LiteralAnnouncement | undefined

  constructor(limits: Partial<CommandSplitterLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits }
  }

  /** Octets of the current command that are held, pieces counted. */
  get heldOctets(): number {
    return this.#held.length + this.#extraOctets + this.#tail.length
  }

  /** Octets that were pushed and not read yet. */
  get waitingOctets(): number {
    return this.#input.octets
  }

  /** Whether nothing of a command was read. */
  get isBetweenCommands(): boolean {
    return this.#state === TEXT && this.heldOctets === 0 && !this.#hasMessage && this.#refusal === undefined
  }

  /** Takes octets and says nothing; {@link next} finds the commands. */
  push(chunk: Buffer): void {
    if (this.#state.kind !== 'broken') this.#input.push(chunk)
  }

  /** Finds the next event; undefined when more octets are needed, or a decision on a message. */
  next(): CommandEvent | undefined {
    for (;;) {
      const event = this.#read()
      if (event !== 'nothing') return event
    }
  }

  /** Takes the next line as it is: of an AUTHENTICATE exchange, or the DONE of IDLE. Only between commands. */
  nextLine(): ClientLine | undefined {
    for (let octets = this.#input.takeThroughLf(); octets; octets = this.#input.takeThroughLf()) {
      this.#keep(octets)
      if (octets[octets.length - 1] !== LF) continue
      const line = this.#refusal ? undefined : withoutLineEnd(this.#held.slice(0))
      this.#reset()
      return line ? { kind: 'line', octets: line } : { kind: 'too-long' }
    }
    return undefined
  }

  /** Lets the announced message come. */
  accept(): void {
    if (this.#state.kind === 'undecided') this.#state = { kind: 'streamed', missing: this.#announced?.octets ?? 0 }
  }

  /** Lets nothing more of the current command through; the event `refused` tells when it has ended. */
  refuse(): void {
    if (this.isBetweenCommands) return
    this.#drop('by-caller')
    const { kind } = this.#state
    if (kind === 'streamed' || kind === 'held') this.#state = { kind: 'skipped', missing: this.#state.missing }
  }

  /** Throws away everything that is here, before a TLS handshake (CVE-2011-0411). */
  clear(): void {
    this.#input.clear()
    this.#reset()
  }

  #read(): CommandEvent | 'nothing' | undefined {
    const state = this.#state
    if (state.kind === 'text') return this.#readText()
    if (state.kind === 'undecided') return this.#refusal && this.#announced && this.#passOver(this.#announced)
    if (state.kind === 'broken') return undefined
    if (state.missing === 0) return this.#endLiteral(state.kind)
    if (state.missing > this.#limits.maxSkippedOctets && state.kind === 'skipped') return this.#break()
    const octets = this.#input.take(state.missing)
    if (!octets) return undefined
    state.missing -= octets.length
    if (state.kind === 'streamed') return { kind: 'append-octets', octets }
    if (state.kind === 'held') this.#held.append(octets)
    return 'nothing'
  }

  #readText(): CommandEvent | 'nothing' | undefined {
    const octets = this.#input.takeThroughLf()
    if (!octets) return undefined
    this.#keep(octets)
    return octets[octets.length - 1] === LF ? this.#endLine() : 'nothing'
  }

  /** Keeps text as far as the limits allow; of a refused command only the end of the line. */
  #keep(octets: Buffer): void {
    if (this.#refusal) {
      this.#tail = Buffer.concat([this.#tail, octets.subarray(-LINE_TAIL_OCTETS)]).subarray(-LINE_TAIL_OCTETS)
      return
    }
    const lineRoom = this.#limits.maxLineOctets - (this.#held.length - this.#lineStart)
    const commandRoom = this.#limits.maxCommandOctets - this.heldOctets
    const room = Math.min(lineRoom, commandRoom)
    this.#held.append(octets.length > room ? octets.subarray(0, room) : octets)
    if (octets.length <= room) return
    this.#drop(lineRoom <= commandRoom ? 'line-too-long' : 'command-too-large')
    this.#keep(octets.subarray(room))
  }

  #endLine(): CommandEvent | 'nothing' {
    const line = withoutLineEnd(this.#refusal ? this.#tail : this.#held.slice(this.#lineStart))
    this.#tail = NOTHING
    const announced = findLiteralAnnouncement(line)
    if (this.#refusal) return announced ? this.#passOver(announced) : this.#endRefused()
    this.#pieces.push({ kind: 'text', octets: announced ? line.subarray(0, announced.start) : line })
    if (!announced) return this.#endCommand()
    this.#extraOctets += LITERAL_OCTETS
    this.#announced = announced
    return this.#isMessage() && announced.octets !== Number.POSITIVE_INFINITY
      ? this.#announceMessage(announced)
      : this.#hold(announced)
  }

  /** All literals of an APPEND are messages, but for one in the place of its mailbox. */
  #isMessage(): boolean {
    if (this.#hasMessage) return true
    const [first] = this.#pieces
    const start = first?.kind === 'text' ? first.octets.toString('latin1', 0, 256) : ''
    return /^[^ ]+ APPEND /i.test(start) && !(this.#pieces.length === 1 && /^[^ ]+ APPEND $/i.test(start))
  }

  #announceMessage({ octets, isSynchronizing, isBinary }: LiteralAnnouncement): CommandEvent {
    this.#tag ??= this.#findTag()
    const pieces: CommandPiece[] = [...this.#pieces, { kind: 'streamed', length: octets, isBinary }]
    this.#hasMessage = true
    this.#forgetHeld()
    this.#state = { kind: 'undecided' }
    return { kind: 'append-literal', pieces, octets, isSynchronizing }
  }

  #hold(announced: LiteralAnnouncement): CommandEvent | 'nothing' {
    const isTooLarge = announced.octets > this.#limits.maxLiteralOctets
    if (isTooLarge || this.heldOctets + announced.octets > this.#limits.maxCommandOctets) {
      this.#drop(isTooLarge ? 'literal-too-large' : 'command-too-large')
      return this.#passOver(announced)
    }
    this.#lineStart = this.#held.length
    this.#state = { kind: 'held', missing: announced.octets }
    return announced.isSynchronizing ? { kind: 'continue' } : 'nothing'
  }

  #endLiteral(kind: 'held' | 'streamed' | 'skipped'): CommandEvent | 'nothing' {
    this.#state = TEXT
    if (kind === 'streamed') return { kind: 'append-literal-end' }
    if (kind === 'skipped') return 'nothing'
    const octets = this.#held.slice(this.#lineStart)
    this.#pieces.push({ kind: 'literal', octets, isBinary: this.#announced?.isBinary === true })
    this.#lineStart = this.#held.length
    return 'nothing'
  }

  #endCommand(): CommandEvent {
    const pieces = this.#pieces
    const kind = this.#hasMessage ? 'append-end' : 'command'
    this.#reset()
    return { kind, pieces }
  }

  /** Skips a literal of a refused command; one that waits for `+` will not come, and ends the command. */
  #passOver({ octets, isSynchronizing }: LiteralAnnouncement): CommandEvent | 'nothing' {
    if (isSynchronizing) return this.#endRefused()
    this.#state = { kind: 'skipped', missing: octets }
    return 'nothing'
  }

  #endRefused(): CommandEvent {
    const event: CommandEvent = { kind: 'refused', tag: this.#tag, reason: this.#refusal ?? 'by-caller' }
    this.#reset()
    return event
  }

  #break(): CommandEvent {
    const event: CommandEvent = { kind: 'broken', tag: this.#tag }
    this.clear()
    this.#state = { kind: 'broken' }
    return event
  }

  #drop(reason: RefusalReason): void {
    this.#tag ??= this.#findTag()
    this.#refusal ??= reason
    this.#tail = Buffer.from(this.#held.slice(this.#lineStart).subarray(-LINE_TAIL_OCTETS))
    this.#forgetHeld()
  }

  #findTag(): string | undefined {
    const [first] = this.#pieces
    return findTag(first?.kind === 'text' ? first.octets : this.#held.slice(0))
  }

  #forgetHeld(): void {
    this.#held.clear()
    this.#pieces = []
    this.#lineStart = 0
    this.#extraOctets = 0
  }

  #reset(): void {
    this.#forgetHeld()
    this.#state = TEXT
    this.#tag = undefined
    this.#hasMessage = false
    this.#refusal = undefined
    this.#tail = NOTHING
    this.#announced = undefined
  }
}

function withoutLineEnd(line: Buffer): Buffer {
  const end = line.length - 1
  return line.subarray(0, end > 0 && line[end - 1] === CR ? end - 1 : end)
}
