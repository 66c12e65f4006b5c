import { PosternError } from '../../../errors.ts'
import type { CommandContext } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { printable, table } from '../../terminal.ts'
import { call } from '../../with-control.ts'

interface DeletedItem {
  readonly id: string
  readonly folder: string
  readonly subject: string | null
  readonly from: string | null
  readonly state: 'deleting' | 'deleted'
  readonly deletedBy: 'local' | 'server'
  readonly deletedAt: string | null
  readonly restorableUntil: string | null
}

interface Restored {
  readonly changed: number
  readonly ids: readonly string[]
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** Lists what was deleted and can be restored. */
export async function listDeleted(
  context: CommandContext,
  { folder, profile }: { readonly folder: string | undefined; readonly profile: string | undefined },
): Promise<undefined> {
  const items: DeletedItem[] = []
  await call(context, 'item.deleted', { profile, ...(folder === undefined ? {} : { folder }) }, page => {
    items.push(...(page as { items: DeletedItem[] }).items) // src/daemon/methods/conflict.ts
  })
  context.terminal.result(items, () =>
    table(
      ['ID', 'FOLDER', 'DELETED', 'BY', 'UNTIL', 'FROM', 'SUBJECT'],
      items.map(({ id, folder, deletedAt, deletedBy, restorableUntil, from, subject, state }) => [
        ...[id, printable(folder), minuteOf(deletedAt), `${deletedBy}${state === 'deleting' ? ' (not told yet)' : ''}`],
        ...[restorableUntil?.slice(0, 10) ?? '-', printable(from ?? '-').slice(0, 30)],
        printable(subject ?? '-').slice(0, 50),
      ]),
    ),
  )
  return undefined
}

/** What is to be restored. */
export interface RestoreOptions {
  readonly ids: readonly string[]
  readonly folder: string | undefined
  readonly since: string | undefined
  readonly profile: string | undefined
}

/** Restores messages by their ids, or what was deleted from a folder since a time. */
export async function restoreDeleted(
  context: CommandContext,
  { ids, folder, since, profile }: RestoreOptions,
): Promise<undefined> {
  const isWhole = ids.length === 0 && folder !== undefined && since !== undefined
  if (!isWhole && (ids.length === 0 || folder !== undefined || since !== undefined)) throw restoreUsage()
  const done = isWhole
    ? await call<Restored>(context, 'item.restoreDeleted', { profile, folder, sinceMs: parseSince(since, Date.now()) })
    : await call<Restored>(context, 'item.restore', { ids })
  context.terminal.result(done, ({ changed }) => `Restored ${changed}`)
  return undefined
}

/** Parses `2h`, `30m`, `3d`, `1w` (ago), or a date, into ms since the epoch. */
export function parseSince(text: string, nowMs: number): number {
  const [, amount, unit] = /^(\d{1,6})\s*([smhdw])$/i.exec(text) ?? []
  if (amount !== undefined && unit !== undefined) return nowMs - Number(amount) * (UNIT_MS[unit.toLowerCase()] ?? 0)
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(at)) return at
  throw new PosternError<CliErrorCode>('CLI_USAGE', `${JSON.stringify(text)} is no time.`, {
    remedy: 'user',
    advice: 'Say how long ago, as 30m, 2h, 3d or 1w, or give a date such as 2026-03-02T14:00.',
  })
}

function restoreUsage(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', 'Give either ids, or --folder with --since.', {
    remedy: 'user',
    advice: 'For example: postern item restore 1-42, or postern item restore --folder INBOX --since 2h',
  })
}

function minuteOf(iso: string | null): string {
  return iso?.slice(0, 16).replace('T', ' ') ?? '-'
}
