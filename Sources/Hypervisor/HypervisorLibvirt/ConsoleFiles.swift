// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CloudModel

    /// Where the serial line of one instance ends on this host: a log of all that the guest wrote, and beside it, while the guest's QEMU
    /// runs, a socket on which one caller at a time speaks with it.
    ///
    /// libvirt makes both itself and hands them to QEMU open (the log through virtlogd, which bounds it), so that the folder is closed to
    /// all accounts but the daemon's. The socket goes with the domain; the log goes when the instance is taken off.
    struct ConsoleFiles: Sendable, Equatable {
        let folder: String
        let instance: ID<InstanceKind>

        var log: String { "\(folder)/\(instance).log" }
        var line: String { "\(folder)/\(instance).line" }

        /// A socket's path has at most 107 bytes (unix(7)); the slash, an instance's id and the ending take 29 of them.
        static let longestFolder = 107 - 29

        /// Throws `internal-fault` for a folder whose sockets would have no address.
        static func check(_ folder: String) throws(CloudError) {
            guard folder.utf8.count <= longestFolder else {
                throw CloudError(
                    .internalFault, ["part": "consoles"],
                    detail: "\(folder) has more than \(longestFolder) bytes: the path of a socket in it would be too long")
            }
        }

        /// Whose consoles are in a folder; what bears no instance's id there is nobody's. Blocks.
        @available(*, noasync)
        static func owners(in folder: String) throws(CloudError) -> [ID<InstanceKind>] {
            Set(try DurableFiles.names(in: folder).compactMap { ID<InstanceKind>($0.prefix { $0 != "." }) }).sorted()
        }

        /// Makes sure that the log is gone, with the older ones that virtlogd has put beside it.
        func removeLog() throws(CloudError) {
            for older in 0..<3 { try DurableFiles.forget("\(log).\(older)") }
            try DurableFiles.remove(log)
        }
    }
#endif
