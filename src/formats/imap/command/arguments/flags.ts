import type { CommandReader } from '../command-reader.ts'

const SYSTEM_FLAGS = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft']

/** Reads a flag. System flags come in the spelling of RFC 9051; `\Recent` is none that a client may set. */
function readFlag(reader: CommandReader): string {
  if (!reader.skip('\\')) return reader.atom()
  const flag = `\\${reader.atom()}`
  if (/^\\recent$/i.test(flag)) reader.fail('\\Recent cannot be set')
  return SYSTEM_FLAGS.find(known => known.toLowerCase() === flag.toLowerCase()) ?? flag
}

/** Reads flags without parentheses, at least one. */
export function readBareFlags(reader: CommandReader): readonly string[] {
  const flags = [readFlag(reader)]
  while (reader.skip(' ')) flags.push(readFlag(reader))
  return once(flags)
}

/** Reads a list of flags, which may be empty. Each flag comes once, whatever its case. */
export function readFlagList(reader: CommandReader): readonly string[] {
  return once(reader.list(() => readFlag(reader), 0))
}

function once(flags: readonly string[]): readonly string[] {
  const byName = new Map<string, string>()
  for (const flag of flags) if (!byName.has(flag.toLowerCase())) byName.set(flag.toLowerCase(), flag)
  return [...byName.values()]
}
