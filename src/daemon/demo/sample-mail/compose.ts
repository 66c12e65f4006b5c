const LINE_LENGTH = 76

/** A part of a message: its header fields and its body, both as they go over the wire, one character per octet. */
export interface Part {
  readonly fields: readonly string[]
  readonly body: string
}

/** Writes a text as UTF-8, one character per octet. */
export function utf8(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** Writes words of a header field: as they are, or encoded (RFC 2047) where they are not ASCII. */
export function words(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : `=?utf-8?b?${Buffer.from(text).toString('base64')}?=`
}

/** A text in UTF-8, quoted-printable. */
export function textPart(text: string, subtype = 'plain'): Part {
  const encoded = Array.from(utf8(text), character =>
    /[\r\n\x20-<>-~]/.test(character)
      ? character
      : `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('')
  const fields = [`Content-Type: text/${subtype}; charset=utf-8`, 'Content-Transfer-Encoding: quoted-printable']
  return { fields, body: encoded.split('\r\n').map(softBroken).join('\r\n') }
}

// RFC 2045 section 6.7: no line is longer than 76 characters.
function softBroken(line: string): string {
  const pieces: string[] = []
  let rest = line
  while (rest.length > LINE_LENGTH) {
    const end =
      rest.lastIndexOf('=', LINE_LENGTH - 1) > LINE_LENGTH - 4
        ? rest.lastIndexOf('=', LINE_LENGTH - 1)
        : LINE_LENGTH - 1
    pieces.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  return [...pieces, rest].join('=\r\n')
}

/** A file, in base64. */
export function filePart(octets: Buffer, type: string, name: string, extra: readonly string[] = []): Part {
  const disposition = extra.some(field => field.startsWith('Content-ID')) ? 'inline' : 'attachment'
  const fields = [
    `Content-Type: ${type}; name="${name}"`,
    `Content-Disposition: ${disposition}; filename="${name}"`,
    'Content-Transfer-Encoding: base64',
    ...extra,
  ]
  return { fields, body: base64Lines(octets) }
}

/** Base64 in lines. */
export function base64Lines(octets: Buffer): string {
  return (octets.toString('base64').match(/.{1,76}/g) ?? ['']).join('\r\n')
}

/** Several parts as one. */
export function multipart(subtype: string, parts: readonly Part[], parameters = ''): Part {
  const boundary = `=_${subtype.replace(/\W/g, '')}_${parts.length}_${parts.reduce((sum, { body }) => sum + body.length, 0)}`
  const body = parts.map(part => `--${boundary}\r\n${written(part)}\r\n`).join('')
  return {
    fields: [`Content-Type: multipart/${subtype}; boundary="${boundary}"${parameters}`],
    body: `${body}--${boundary}--\r\n`,
  }
}

/** Writes a part with its header. */
export function written({ fields, body }: Part): string {
  return `${fields.join('\r\n')}\r\n\r\n${body}`
}

/** Writes a message: the fields of its header, then its only part. */
export function message(fields: readonly string[], part: Part): Buffer {
  return Buffer.from(written({ fields: [...fields, 'MIME-Version: 1.0', ...part.fields], body: part.body }), 'latin1')
}
