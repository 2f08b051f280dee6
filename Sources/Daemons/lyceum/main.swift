// SPDX-License-Identifier: Apache-2.0

import Foundation

#if Daemons
    import CloudCommands

    exit(await LyceumCommand.run(Array(CommandLine.arguments.dropFirst()), in: .ofTerminal))
#else
    print("lyceum: this build is without the HTTP stack; build it with the package trait Daemons.")
    exit(1)
#endif
