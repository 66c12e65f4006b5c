import type { FrontStatus } from '../../daemon/fronts.ts'
import { type Command, defineCommand } from '../command.ts'
import { call } from '../with-control.ts'
import { frontLine } from './daemon.ts'

const action = (word: 'start' | 'stop' | 'status', describe: string): Command<never> =>
  defineCommand({
    command: word,
    describe,
    run: async (_options, context) => {
      context.terminal.result(await call<FrontStatus>(context, `pop3.${word}`, {}), frontLine)
      return undefined
    },
  })

/** `postern pop3` */
export const pop3Command: Command<never> = defineCommand({
  command: 'pop3',
  describe: 'The POP3 front of the running daemon',
  children: [
    action('start', 'Listen again'),
    action('stop', 'Stop listening; everything else goes on'),
    action('status', 'Show its addresses and state'),
  ],
})
