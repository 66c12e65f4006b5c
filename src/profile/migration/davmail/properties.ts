const ESCAPED: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

/**
 * Reads the properties that `isWanted` names, from a file as java.util.Properties writes it; the others, among them
 * passwords and tokens, are not kept.
 */
export function parseProperties(text: string, isWanted: (key: string) => boolean): ReadonlyMap<string, string> {
  const properties = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const [, key = '', value = ''] = /^((?:[^\\=:\s]|\\.)+)\s*(?:[=:]\s*)?(.*)$/s.exec(line) ?? []
    const name = unescaped(key)
    if (isWanted(name)) properties.set(name, unescaped(value))
  }
  return properties
}

// A backslash at the end joins a line with the next one, without that one's spaces in front.
function logicalLines(text: string): readonly string[] {
  const lines: string[] = []
  let open: string[] | undefined
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.trimStart()
    if (open === undefined && (line === '' || /^[#!]/.test(line))) continue
    const isOpen = trailingBackslashes(line) % 2 === 1
    open ??= []
    open.push(isOpen ? line.slice(0, -1) : line)
    if (isOpen) continue
    lines.push(open.join(''))
    open = undefined
  }
  return open === undefined ? lines : [...lines, open.join('')]
}

// No regular expression: one that ends in `\\*$` looks at a long row of them once for each of them.
function trailingBackslashes(line: string): number {
  let count = 0
  while (line[line.length - 1 - count] === '\\') count++
  return count
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_all, code?: string, plain?: string) =>
    code === undefined ? (ESCAPED[plain ?? ''] ?? plain ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  )
}
