// SPDX-License-Identifier: Apache-2.0

// Records, key, token and machines of one site belong together. A start that found some without the others would go on with half a site:
// passwords that no key opens, tokens that no record knows, machines that the wrong host calls lost.

extension StateFolder {
    /// What machines the records of a site are of.
    public enum Machines: String, Sendable {
        /// Those of a hypervisor.
        case real
        /// Those of the simulated host.
        case simulated
    }

    /// Checks that the folder holds one whole site with machines of this kind, or nothing yet, and notes the kind. Before anything in it
    /// is opened; a repeat is harmless. Gives the folder. Throws ``ConfigurationError`` with what is missing and what to do.
    ///
    /// Whoever makes a site makes its key before its records, and its token last: so a first start that was cut short may be repeated.
    @discardableResult public func begin(_ machines: Machines) throws -> StateFolder {
        // A file of one page has nothing in it; what was written since the last orderly end may be in the log alone.
        let records = try PrivateFiles.size(file("lyceum.db")) ?? 0 > 4096 || PrivateFiles.size(file("lyceum.db-wal")) ?? 0 > 0
        if records, try PrivateFiles.size(file("site.key")) == nil {
            throw refused(
                "site.key is gone, and what its records keep sealed opens with no other key. Put it back from the backup; to begin a new "
                    + "site, move the whole folder away")
        }
        if try !records && PrivateFiles.size(file("admin.token")) != nil {
            throw refused(
                "lyceum.db is gone or empty, and the token in admin.token is of its site. Put it back from the backup; to begin a new site, move "
                    + "the whole folder away")
        }
        try keepKind(machines, records)
        return self
    }

    /// A start that never came to have records may have been of the other kind.
    private func keepKind(_ machines: Machines, _ hasRecords: Bool) throws {
        let known = try PrivateFiles.read(file("machines")).map { String(decoding: $0, as: UTF8.self).filter { !$0.isNewline } }
        guard hasRecords else { return try PrivateFiles.write(Array((machines.rawValue + "\n").utf8), to: file("machines")) }
        guard known != machines.rawValue else { return }
        guard let known, Machines(rawValue: known) != nil else {
            throw refused(
                "the file machines is gone or says nothing, and a host of the other kind would call its machines lost. Put one word into "
                    + "it, real or simulated, as they are")
        }
        let cure =
            machines == .simulated
            ? "Give --simulate a state.folder of its own" : "Start it with --simulate, or give a state.folder of its own"
        throw refused("its records are of \(known) machines, which a \(machines.rawValue) host would call lost. \(cure)")
    }

    private func refused(_ reason: String) -> ConfigurationError { ConfigurationError(place: "state.folder \(path)", reason: reason) }
}
