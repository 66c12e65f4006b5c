import type { BodyLimits } from '../../store/changes/body-changes.ts'
import { FLAGGED } from '../../store/flags.ts'
import type { BodyPart, DownloadRow, FolderRow } from '../../store/rows.ts'
import type { SyncSettings } from '../settings.ts'

const DAY_MS = 86_400_000
const OCTETS_PER_MB = 1_000_000
const NOTHING = -1
const EVERYTHING: BodyLimits = { maxOctets: Number.MAX_SAFE_INTEGER, sinceMs: Number.MIN_SAFE_INTEGER }

type DownloadSettings = Pick<
  SyncSettings,
  'downloadMode' | 'downloadThresholdMb' | 'downloadFilesFully' | 'keepDays' | 'metered'
>

/** Makes of the settings what they mean for a folder's messages now. */
export function bodyLimits(settings: DownloadSettings, { kind }: Pick<FolderRow, 'kind'>, nowMs: number): BodyLimits {
  const { downloadMode, downloadThresholdMb, downloadFilesFully, metered } = settings
  if (metered) return { ...EVERYTHING, maxOctets: NOTHING }
  if (kind === 'file' && downloadFilesFully) return EVERYTHING
  const sinceMs = keptSince(settings, nowMs) ?? EVERYTHING.sinceMs
  if (downloadMode === 'headers') return { maxOctets: NOTHING, sinceMs }
  if (downloadMode === 'full') return { maxOctets: EVERYTHING.maxOctets, sinceMs }
  return { maxOctets: Math.trunc(downloadThresholdMb * OCTETS_PER_MB), sinceMs }
}

/** Tells how much of a message is wanted. The store asks the same of its rows, in SQL. */
export function wantedPart(
  { size, internalDateMs, flags }: Pick<DownloadRow, 'size' | 'internalDateMs' | 'flags'>,
  { maxOctets, sinceMs }: BodyLimits,
): BodyPart {
  const isKept = internalDateMs >= sinceMs || (flags.bits & FLAGGED) !== 0
  return size <= maxOctets && isKept ? 'full' : 'header'
}

/** The time before which bodies may be let go; undefined when all are kept. */
export function keptSince({ keepDays }: Pick<SyncSettings, 'keepDays'>, nowMs: number): number | undefined {
  return keepDays === 0 ? undefined : Math.trunc(nowMs - keepDays * DAY_MS)
}
