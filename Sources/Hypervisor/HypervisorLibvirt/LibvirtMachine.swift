// SPDX-License-Identifier: Apache-2.0
#if Libvirt

    /// How this host's QEMU runs the processors of guests.
    public enum Acceleration: String, Hashable, Sendable, Codable, CaseIterable {
        /// By the hardware, through `/dev/kvm`. That the file exists proves nothing: whoever composes a host probes it first.
        case kvm
        /// In software (QEMU's TCG).
        case emulation
    }

    /// What is the same for all guests of a host, and for all hosts between which memory is to move.
    public struct LibvirtMachine: Hashable, Sendable {
        /// How processors run.
        public let acceleration: Acceleration
        /// QEMU's name of the board, with its version, so that memory saved under one QEMU wakes under a newer one.
        public let board: String

        /// A machine.
        /// - Parameters:
        ///   - acceleration: how processors run.
        ///   - board: `pc-i440fx-7.2` is the newest that Debian 12's QEMU knows; newer QEMUs know it too.
        public init(acceleration: Acceleration, board: String = "pc-i440fx-7.2") {
            self.acceleration = acceleration
            self.board = board
        }
    }
#endif
