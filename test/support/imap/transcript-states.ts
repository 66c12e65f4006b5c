/** Where a session can be when a command comes. */
export const STATES = ['not signed in', 'signed in', 'selected', 'selected read-only', 'after LOGOUT'] as const
export type TranscriptState = (typeof STATES)[number]

/** A command of a transcript, and where it was given. */
export interface GivenCommand {
  readonly state: TranscriptState
  /** In capitals; with UID, if it begins with that. */
  readonly name: string
}

const NAME = /^C: [^ ]+ ((?:UID )?[A-Z]+)(?= |$)/i

/** Finds the commands of a transcript. What the server says tells where the session goes. */
export function commandsOf(session: string): GivenCommand[] {
  const commands: GivenCommand[] = []
  let state: TranscriptState = 'not signed in'
  let name = ''
  for (const line of session.split('\n')) {
    const given = NAME.exec(line)?.[1]?.toUpperCase()
    if (given) commands.push({ state, name: given })
    name = given ?? name
    if (given === 'LOGOUT') state = 'after LOGOUT'
    if (state !== 'after LOGOUT') state = nextState(state, name, line)
  }
  return commands
}

function nextState(state: TranscriptState, name: string, line: string): TranscriptState {
  if (/^S: [^ ]+ OK \[READ-WRITE\]/.test(line)) return 'selected'
  if (/^S: [^ ]+ OK \[READ-ONLY\]/.test(line)) return 'selected read-only'
  if (/^S: \* OK \[CLOSED\]/.test(line)) return 'signed in'
  if (/^S: [^ ]+ OK \[CAPABILITY .*signed in$/.test(line)) return 'signed in'
  return /^(CLOSE|UNSELECT)$/.test(name) && /^S: [^ ]+ OK /.test(line) ? 'signed in' : state
}
