// SPDX-License-Identifier: Apache-2.0

import CloudCore
import CloudStore
import CloudStoreSQLite

@testable import CloudOperations

/// Rows as a restore leaves them: of before what their host did since.
extension Site {
    /// Lets the records say that an instance that runs is off, or sleeps.
    func forgetStart(of instance: ID<InstanceKind>, was state: InstanceState = .stopped) throws {
        try disk.write { tx in
            for port in try tx.ports.all(.equals(.instance, .id(instance))) {
                try tx.ports.change(port.id) { $0.attached = false }
                try tx.networks.change(port.network) { $0.serial += 1_000_000 }
            }
            try tx.giveUpHost(of: try tx.instances.get(instance))
            try tx.statuses.change(instance) { row in
                (row.state, row.host, row.readyAt, row.fence) = (state, nil, nil, Fence(row.fence.number + 1_000_000))
            }
        }
    }
}
