import { type Command, defineCommand } from '../command.ts'
import { certApproveCommand } from './cert-approve.ts'
import { certExportCommand } from './cert-export.ts'
import { certInstallCommand, certUninstallCommand } from './cert-install.ts'
import { certCaCommand, certIssueCommand, certListCommand, certRemoveCommand } from './cert-local.ts'

/** `postern cert`: our own certificates, and the foreign ones that were approved. */
export const certCommand: Command<never> = defineCommand({
  command: 'cert',
  describe: 'Certificates: our own, and the approved ones of servers',
  children: [
    certCaCommand,
    certIssueCommand,
    certListCommand,
    certExportCommand,
    certInstallCommand,
    certUninstallCommand,
    certApproveCommand,
    certRemoveCommand,
  ],
})
