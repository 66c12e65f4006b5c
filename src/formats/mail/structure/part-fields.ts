import { FieldReader } from './field-reader.ts'
import { collectFields } from './header-fields.ts'
import { readParameters } from './parameters.ts'
import type { Disposition, OctetString, PartFields } from './part.ts'

const TOKEN = /[^\s()<>@,;:\\"/[\]?=]+/y // RFC 2045 section 5.1
const LANGUAGE = /[^\s,()"]+/y
const DEFAULT_ENCODING = '7bit' // RFC 2045 section 6.1
const WANTED: ReadonlySet<string> = new Set([
  'content-type',
  'content-transfer-encoding',
  'content-id',
  'content-description',
  'content-md5',
  'content-disposition',
  'content-language',
  'content-location',
])

type ContentType = Pick<PartFields, 'type' | 'subtype' | 'parameters'>

/** What a part is when nothing, or nothing that can be read, says so (RFC 2045 section 5.2). */
export const PLAIN_TEXT: ContentType = { type: 'text', subtype: 'plain', parameters: [['charset', 'us-ascii']] }

/** What a part of a multipart/digest is when nothing says so (RFC 2046 section 5.1.5). */
export const MESSAGE: ContentType = { type: 'message', subtype: 'rfc822', parameters: [] }

/** What a part is that is not looked into. */
export const OPAQUE: ContentType = { type: 'application', subtype: 'octet-stream', parameters: [] }

/** Reads the MIME fields of a part's header; of a field that stands there twice the first one counts. */
export function parsePartFields(header: Buffer, fallback: ContentType): PartFields {
  const fields = collectFields(header, WANTED)
  const value = (name: string) => fields.get(name)?.[0]
  const disposition = parseDisposition(value('content-disposition') ?? '')
  const languages = parseLanguages(value('content-language') ?? '')
  return {
    ...contentType(value('content-type'), fallback),
    encoding: parseToken(value('content-transfer-encoding') ?? '') || DEFAULT_ENCODING,
    ...named('id', value('content-id')),
    ...named('description', value('content-description')),
    ...named('md5', value('content-md5')),
    ...(disposition ? { disposition } : {}),
    ...(languages.length > 0 ? { languages } : {}),
    ...named('location', value('content-location')),
  }
}

function named<Name extends string>(name: Name, value: OctetString | undefined): { [Key in Name]?: OctetString } {
  const fields: { [Key in Name]?: OctetString } = {}
  if (value) fields[name] = value
  return fields
}

function contentType(text: OctetString | undefined, fallback: ContentType): ContentType {
  return text === undefined ? fallback : (parseContentType(text) ?? PLAIN_TEXT)
}

/** Reads a Content-Type (RFC 2045 section 5.1); undefined when it has no type and subtype. */
export function parseContentType(text: OctetString): ContentType | undefined {
  const reader = new FieldReader(text)
  const type = nextToken(reader)
  if (reader.next !== '/') return undefined
  reader.skip()
  const subtype = nextToken(reader)
  return type && subtype ? withCharset({ type, subtype, parameters: readParameters(reader) }) : undefined
}

// RFC 2046 section 4.1.2: what a text has no charset for is US-ASCII.
function withCharset(content: ContentType): ContentType {
  const isText = content.type === 'text' && !content.parameters.some(([name]) => /^charset\*?$/.test(name))
  return isText ? { ...content, parameters: [...content.parameters, ...PLAIN_TEXT.parameters] } : content
}

function parseDisposition(text: OctetString): Disposition | undefined {
  const reader = new FieldReader(text)
  const type = nextToken(reader)
  return type ? { type, parameters: readParameters(reader) } : undefined
}

function parseToken(text: OctetString): OctetString {
  return nextToken(new FieldReader(text))
}

function nextToken(reader: FieldReader): OctetString {
  reader.blanksAndComments()
  const token = reader.next === '"' ? reader.quotedString() : reader.take(TOKEN)
  reader.blanksAndComments()
  return token.toLowerCase()
}

/** Reads a Content-Language: tags with commas between them (RFC 3282 section 2). */
function parseLanguages(text: OctetString): OctetString[] {
  const reader = new FieldReader(text)
  const languages: OctetString[] = []
  while (reader.next !== '') {
    reader.blanksAndComments()
    const language = reader.take(LANGUAGE)
    if (language) languages.push(language)
    else reader.skip()
  }
  return languages
}
