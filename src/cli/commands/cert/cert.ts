import { type Command, defineCommand } from '../../command.ts'
import { certApproveCommand } from './cert-approve.ts'
import { certCaCommand, certIssueCommand } from './cert-ca.ts'
import { certClientCommand } from './cert-client.ts'
import { certExportCommand } from './cert-export.ts'
import { certInstallCommand, certUninstallCommand } from './cert-install.ts'
import { certListCommand, certRemoveCommand } from './cert-list.ts'

/** `postern cert`: our own certificates, and the foreign ones that were approved. */
export const certCommand: Command<never> = defineCommand({
  command: 'cert',
  describe: 'Certificates: our own, and the approved ones of servers',
  examples: [
    ['$0 cert install', 'Make Outlook and other programs trust the fronts'],
    ['$0 cert approve mail.example.org:993', 'Trust a server whose certificate this machine does not know'],
  ],
  children: [
    certCaCommand,
    certIssueCommand,
    certListCommand,
    certExportCommand,
    certInstallCommand,
    certUninstallCommand,
    certApproveCommand,
    certRemoveCommand,
    certClientCommand,
  ],
})
