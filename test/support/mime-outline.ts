import type { MimePart } from '../../src/formats/mail/structure/part.ts'

/** Shows a tree as lines: `1.2 text/plain 7bit "the body"`; of parts with parts only the types. */
export function outline(part: MimePart, octets: Buffer, path: readonly number[] = []): string[] {
  const name = `${path.join('.') || '-'} ${part.type}/${part.subtype}`
  if (part.kind === 'multipart') {
    return [name, ...part.parts.flatMap((inner, index) => outline(inner, octets, [...path, index + 1]))]
  }
  if (part.kind === 'message') {
    const { envelope, root } = part.message
    return [`${name} (${envelope.subject ?? ''})`, ...outline(root, octets, path).map(line => `  ${line}`)]
  }
  const body = octets.toString('latin1', part.body.start, part.body.end)
  return [`${name} ${part.encoding} ${JSON.stringify(body)} ${part.lines}`]
}
