import { PosternError } from '../../errors.ts'
import { type Command, defineCommand } from '../command.ts'
import type { CliErrorCode } from '../errors.ts'
import { call } from '../with-control.ts'

const MINUTES: Readonly<Record<string, number>> = { m: 1, h: 60, d: 1440 }

interface Paused {
  readonly name: string
  readonly until: string | null
}

/** `postern pause` */
export const pauseCommand: Command<never> = defineCommand<{ profile: string | undefined; for: string | undefined }>({
  command: 'pause [profile]',
  describe: 'Work offline: synchronize nothing, of one profile or of all',
  examples: [
    ['$0 pause', 'All profiles, until postern resume'],
    ['$0 pause work --for 2h', 'One profile, for two hours'],
  ],
  build: yargs =>
    yargs
      .positional('profile', { type: 'string' })
      .option('for', { type: 'string', describe: 'For how long, such as 30m, 2h or 1d' }),
  run: async ({ profile, for: duration }, context) => {
    const params = { name: profile, minutes: duration === undefined ? undefined : minutesOf(String(duration)) }
    const paused = await call<Paused[]>(context, 'profile.pause', params)
    context.terminal.result(paused, () =>
      paused.map(({ name, until }) => `${name} works offline${until ? ` until ${until}` : ''}`).join('\n'),
    )
    return undefined
  },
})

/** `postern resume` */
export const resumeCommand: Command<never> = defineCommand<{ profile: string | undefined }>({
  command: 'resume [profile]',
  describe: 'End a pause: synchronize again, at once',
  examples: [['$0 resume', '']],
  build: yargs => yargs.positional('profile', { type: 'string' }),
  run: async ({ profile }, context) => {
    const resumed = await call<Paused[]>(context, 'profile.resume', { name: profile })
    context.terminal.result(resumed, () => resumed.map(({ name }) => `${name} goes on`).join('\n'))
    return undefined
  },
})

function minutesOf(text: string): number {
  const [, count, unit = 'm'] = /^(\d{1,6})\s*([mhd])?$/.exec(text.trim()) ?? []
  const minutes = Number(count) * (MINUTES[unit] ?? 0)
  if (count !== undefined && minutes >= 1 && minutes <= 525_600) return minutes
  throw new PosternError<CliErrorCode>('CLI_USAGE', `${JSON.stringify(text)} is no duration.`, {
    remedy: 'user',
    advice: 'Give minutes, hours or days, up to a year: --for 30m, --for 2h, --for 1d.',
  })
}
