import { TextDecoder } from 'node:util'

const ALIASES: Readonly<Record<string, string>> = {
  // Names that programs write and the WHATWG encoding standard does not have.
  cp932: 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  cp950: 'big5',
  'gb2312-80': 'gbk',
  utf8mb4: 'utf-8',
}
const NO_CHARSET = new Set(['', 'us-ascii', 'ascii', 'unknown-8bit', 'x-unknown', 'default', 'binary'])
const FALLBACK = 'windows-1252'

/**
 * Decodes octets by the name of their charset; what has none, or one that nobody knows, is UTF-8 where it can be and
 * windows-1252 else. Octets that mean nothing become U+FFFD; a character cut at the end is left out.
 */
export function decodeCharset(octets: Buffer, charset: string): string {
  const decoder = findDecoder(charset, octets)
  return (decoder ? decoder.decode(octets, { stream: true }) : guess(octets)).toWellFormed()
}

function findDecoder(charset: string, octets: Buffer): TextDecoder | undefined {
  const label = charset.trim().toLowerCase()
  if (NO_CHARSET.has(label)) return undefined
  try {
    return new TextDecoder(
      hasBigEndMark(label, octets) ? 'utf-16be' : Object.hasOwn(ALIASES, label) ? ALIASES[label] : label,
    )
  } catch {
    return undefined // RangeError: no such charset
  }
}

// RFC 2781 section 4.3. Without a mark, programs mean the little end.
function hasBigEndMark(label: string, octets: Buffer): boolean {
  return label === 'utf-16' && octets[0] === 0xfe && octets[1] === 0xff
}

function guess(octets: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets, { stream: true })
  } catch {
    return new TextDecoder(FALLBACK).decode(octets) // TypeError: not UTF-8
  }
}
