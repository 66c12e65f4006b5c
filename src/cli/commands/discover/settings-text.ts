import type { ServersDocument, SettingsDocument, SourceDocument } from '../../../daemon/discovery/settings-document.ts'
import { printable } from '../../terminal.ts'

/** Writes what a search found, for people. */
export function settingsText(document: SettingsDocument, { trace }: { readonly trace: boolean }): string {
  return [...(trace ? traceLines(document) : []), ...outcomeLines(document)].map(printable).join('\n')
}

function outcomeLines({ email, taken, unverified, error, asks, tookMs }: SettingsDocument): readonly string[] {
  const yes = asks.map(({ host, why }) => `  needs your yes: ${host}: ${why}`)
  if (taken) return [`${email}: found and signed in, in ${seconds(tookMs)}`, ...serverLines(taken), ...yes]
  if (unverified) {
    const remark = 'not verified: nobody has signed in. Prove it with --password-stdin'
    return [`${email}: found in ${seconds(tookMs)}, ${remark}`, ...serverLines(unverified), ...yes]
  }
  return [
    `${email}: nothing taken, after ${seconds(tookMs)}`,
    ...(error ? [`  ${error.message}`, `  ${error.advice}`] : []),
    ...yes,
  ]
}

function serverLines(servers: ServersDocument): readonly string[] {
  const rows: readonly (readonly [string, string | null])[] = [
    ['imap', servers.imap],
    ['smtp', servers.smtp],
    ['calendars', servers.caldav],
    ['contacts', servers.carddav],
    ['sieve', servers.sieve],
    ['user', servers.user],
    ['smtp user', servers.smtpUser],
    ['source', servers.source],
  ]
  return rows.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(9)}  ${value}`]))
}

function traceLines({ sources }: SettingsDocument): readonly string[] {
  return sources.flatMap(source => [sourceLine(source), ...source.offers.map(offerLine)])
}

function sourceLine({ source, asked, outcome, says, tookMs }: SourceDocument): string {
  return `${source} (${asked}) ${outcome} in ${seconds(tookMs)}: ${says}`
}

function offerLine({ url, verdict, says }: SourceDocument['offers'][number]): string {
  return `  ${verdict.padEnd(13)} ${url}  ${says}`
}

function seconds(timeMs: number): string {
  return `${(timeMs / 1000).toFixed(1)} s`
}
