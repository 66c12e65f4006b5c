import type { Control } from '../daemon/control/control.ts'
import { openControl } from '../daemon/control/open-control.ts'
import type { CommandContext } from './command.ts'
import { version } from './version.ts'

/** Runs `work` on the home's daemon, or on the home itself while there is none. */
export async function withControl<Result>(
  { home }: CommandContext,
  work: (control: Control) => Promise<Result>,
): Promise<Result> {
  await using control = await openControl(home, version())
  return await work(control)
}

/**
 * Calls one method and gives its document the type that the command prints. The control API is versioned with the
 * program: its shapes are those of `src/daemon/methods/`.
 */
export async function call<Document>(
  context: CommandContext,
  method: string,
  params: object,
  onEvent: (event: unknown) => void = () => undefined,
): Promise<Document> {
  const document = await withControl(context, control =>
    control.call(method, params, { onEvent, signal: context.signal }),
  )
  return document as Document
}
