import type { Disposition, MimePart, Parameter } from '../../mail/structure/part.ts'
import { serverNstring, serverString } from '../server-string.ts'
import { envelopeOctets } from './envelope-text.ts'

/** `BODYSTRUCTURE` has the extension data that `BODY` has not (RFC 9051 section 7.5.2). */
export type StructureForm = 'BODY' | 'BODYSTRUCTURE'

/** Writes what stands behind `BODY` or `BODYSTRUCTURE` in a FETCH response. */
export function bodyStructureText(root: MimePart, form: StructureForm): Buffer {
  return Buffer.from(bodyStructureOctets(root, form), 'latin1')
}

/** Writes a structure as {@link bodyStructureText} does, one character for each octet. */
export function bodyStructureOctets(part: MimePart, form: StructureForm): string {
  const fields = part.kind === 'multipart' ? multipartFields(part, form) : singleFields(part, form)
  if (form === 'BODYSTRUCTURE')
    fields.push(dispositionText(part.disposition), languages(part), serverNstring(part.location))
  return `(${fields.join(' ')})`
}

function multipartFields(part: MimePart & { readonly kind: 'multipart' }, form: StructureForm): string[] {
  const parts = part.parts.map(inner => bodyStructureOctets(inner, form)).join('')
  return [parts, serverString(part.subtype), ...(form === 'BODYSTRUCTURE' ? [parameterList(part.parameters)] : [])]
}

function singleFields(part: Exclude<MimePart, { readonly kind: 'multipart' }>, form: StructureForm): string[] {
  return [
    serverString(part.type),
    serverString(part.subtype),
    parameterList(part.parameters),
    serverNstring(part.id),
    serverNstring(part.description),
    serverString(part.encoding),
    String(part.body.end - part.body.start),
    ...(part.kind === 'message'
      ? [envelopeOctets(part.message.envelope), bodyStructureOctets(part.message.root, form)]
      : []),
    ...(part.kind === 'message' || part.type === 'text' ? [String(part.lines)] : []),
    ...(form === 'BODYSTRUCTURE' ? [serverNstring(part.md5)] : []),
  ]
}

function parameterList(parameters: readonly Parameter[]): string {
  return parameters.length === 0 ? 'NIL' : `(${parameters.flat().map(serverString).join(' ')})`
}

function dispositionText(disposition: Disposition | undefined): string {
  return disposition ? `(${serverString(disposition.type)} ${parameterList(disposition.parameters)})` : 'NIL'
}

function languages({ languages = [] }: MimePart): string {
  return languages.length === 0 ? 'NIL' : `(${languages.map(serverString).join(' ')})`
}
