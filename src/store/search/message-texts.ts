import { parseEnvelope } from '../../formats/mail/structure/envelope.ts'
import { fieldValue, headerFields } from '../../formats/mail/structure/header-fields.ts'
import type { EnvelopeAddress, MessageStructure } from '../../formats/mail/structure/part.ts'
import { foldText } from '../../formats/mail/text/folded-text.ts'
import { headerText } from '../../formats/mail/text/header-text.ts'
import type { OctetSource } from '../../formats/mail/text/part-text.ts'
import { searchBodyText, searchPartText } from '../../formats/mail/text/search-text.ts'

// What only programs write and read: signatures and routes, half of many a header. HEADER finds it all the same.
const MACHINE_FIELD =
  /^(?:received(?:-.*)?|arc-.*|(?:.*-)?authentication-results(?:-.*)?|.*-signature|autocrypt|x-face|face|x-(?:ms|microsoft|forefront|google|gm)-.*)$/
const LISTS = ['from', 'sender', 'replyTo', 'to', 'cc', 'bcc'] as const

/** A field with addresses. */
export type AddressField = (typeof LISTS)[number]

/** Tells whether a field, its name in lower case, is left out of {@link readHeaderText}. */
export function isMachineField(name: string): boolean {
  return MACHINE_FIELD.test(name)
}

/**
 * Makes the folded text of a header: a line for each field, then one for each address as people write it, which begins with
 * a blank.
 */
export function readHeaderText(header: Buffer): string {
  const lines: string[] = []
  for (const field of headerFields(header)) {
    if (field.name === '' || isMachineField(field.name)) continue
    lines.push(fieldStart(field.name) + foldText(headerText(fieldValue(header, field))))
  }
  const envelope = parseEnvelope(header)
  for (const list of LISTS) {
    for (const address of envelope[list] ?? []) lines.push(addressStart(list) + foldText(addressLine(address)))
  }
  return lines.join('\n')
}

/** Makes the folded text of a body: names of files, headers of messages in it, and what it says. A line for each. */
export function readBodyText(structure: MessageStructure, source: OctetSource): string {
  return [...searchPartText(structure), ...searchBodyText(structure, source)].map(foldText).join('\n')
}

/** Tells whether the first Subject of a header has a folded text in it. */
export function isInSubject(header: string, wanted: string): boolean {
  if (wanted === '') return true
  for (const value of valuesOf(header, fieldStart('subject'))) return value.includes(wanted)
  return false
}

/** Tells whether a field, its name in lower case and no machine's, has a folded text in it. */
export function isInField(header: string, name: string, wanted: string): boolean {
  for (const value of valuesOf(header, fieldStart(name))) if (value.includes(wanted)) return true
  return false
}

/** Tells whether an address of a field has a folded text in it. */
export function isInAddress(header: string, field: AddressField, wanted: string): boolean {
  if (wanted === '') return true
  for (const value of valuesOf(header, addressStart(field))) if (value.includes(wanted)) return true
  return false
}

/** Tells whether any field of a header, machine fields as well, has a folded text in it; the name is in lower case. */
export function isInRawField(header: Buffer, name: string, wanted: string): boolean {
  for (const field of headerFields(header)) {
    if (field.name === name && foldText(headerText(fieldValue(header, field))).includes(wanted)) return true
  }
  return false
}

function fieldStart(name: string): string {
  return `${name.toUpperCase()}: `
}

function addressStart(field: AddressField): string {
  return ` ${field.toUpperCase()}: `
}

function addressLine([name, , mailbox, host]: EnvelopeAddress): string {
  const address = [mailbox, host].filter(part => part).join('@')
  return headerText(name ? `${name} <${address}>` : address)
}

function* valuesOf(header: string, start: string): Generator<string> {
  for (let at = header.startsWith(start) ? 0 : next(header, start, 0); at !== -1; at = next(header, start, at)) {
    const end = header.indexOf('\n', at)
    yield header.slice(at + start.length, end === -1 ? undefined : end)
  }
}

function next(header: string, start: string, from: number): number {
  const at = header.indexOf(`\n${start}`, from)
  return at === -1 ? -1 : at + 1
}
