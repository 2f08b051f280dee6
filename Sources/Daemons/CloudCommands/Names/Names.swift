// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudAPI
    import CloudClient
    import CloudModel

    /// Finds things by id or name. A name that several things have is refused with their ids; one that nothing has, with names like it.
    struct Names: Sendable {
        let client: CloudClient

        /// What a name is compared with.
        struct Candidate<Kind: IDKind>: Sendable {
            let id: ID<Kind>
            let name: String
            /// A word that tells it from others of its name.
            let mark: String
            /// Whose it is; nil where that makes no difference.
            var owner: ID<UserKind>?
        }

        /// - Parameter trash: whether those are meant that are in the trash, and no others: one that lives is said to need no recovery, and
        ///   one that lies there, where those that live are meant, to need it.
        func instance(_ text: String, trash: Bool = false) async throws -> ID<InstanceKind> {
            do { return try await instance(text, inTrash: trash) } catch CommandFailure.noSuch(let kind, let name, let like) {
                let others = try await client.instances(name: text, trash: !trash).all().map(\.value)
                if trash, let living = others.first { throw CommandFailure.living(living.name, id: living.id.text, state: living.state) }
                let destroyed = others.filter { $0.state == "destroyed" && $0.trash?.recoverable == true }.map(\.id.text)
                if !trash, !destroyed.isEmpty { throw CommandFailure.trashed(text, ids: destroyed) }
                throw CommandFailure.noSuch(kind, name, like: like)
            }
        }
        private func instance(_ text: String, inTrash trash: Bool) async throws -> ID<InstanceKind> {
            try await find(text, "instance") {
                // One of the name is the usual case and costs one row; only for proposals is the whole list read.
                let named = try await client.instances(name: text, trash: trash).all()
                let all = try await named.isEmpty ? client.instances(trash: trash).all() : named
                return all.filter { !trash || $0.value.state == "destroyed" }.map {
                    Candidate(
                        id: $0.value.id, name: $0.value.name, mark: "\($0.value.state), owner \($0.value.owner)", owner: $0.value.owner)
                }
            }
        }
        func image(_ text: String) async throws -> ID<ImageKind> {
            try await find(text, "image") {
                try await client.images().all().map {
                    Candidate(id: $0.value.id, name: $0.value.name, mark: $0.value.createdAt.description)
                }
            }
        }
        func template(_ text: String) async throws -> ID<TemplateKind> {
            try await find(text, "template") {
                try await client.templates().all().map {
                    Candidate(id: $0.value.id, name: $0.value.name, mark: "owner \($0.value.owner)", owner: $0.value.owner)
                }
            }
        }
        func network(_ text: String) async throws -> ID<NetworkKind> {
            try await find(text, "network") {
                try await client.networks().all().map { Candidate(id: $0.value.id, name: $0.value.name, mark: $0.value.ipv4) }
            }
        }
        func leasePolicy(_ text: String) async throws -> ID<LeasePolicyKind> {
            // The shipped ones have ids that people can read, and type.
            if let id = ID<LeasePolicyKind>(text) { return id }
            return try await find(text, "lease policy") {
                try await client.leasePolicies().all().map {
                    Candidate(id: $0.value.id, name: $0.value.name, mark: "owner \($0.value.owner)")
                }
            }
        }
        func host(_ text: String) async throws -> ID<HostKind> {
            try await find(text, "host") {
                try await client.hosts().all().map { Candidate(id: $0.value.id, name: $0.value.name, mark: $0.value.state) }
            }
        }
        func group(_ text: String) async throws -> ID<GroupKind> {
            try await find(text, "group") {
                try await client.groups().all().map { Candidate(id: $0.value.id, name: $0.value.name, mark: "owner \($0.value.owner)") }
            }
        }
        func user(_ text: String) async throws -> ID<UserKind> {
            try await find(text, "user") {
                try await client.users().all().map { Candidate(id: $0.value.id, name: $0.value.login, mark: $0.value.name) }
            }
        }
        /// An operation has no name: only its id will do.
        func operation(_ text: String) throws -> ID<OperationKind> {
            guard let id = ID<OperationKind>(text) else { throw CommandFailure.noSuch("operation", text, like: []) }
            return id
        }

        /// The id behind a text. A whole id is taken as it is; whether there is such a thing, the next call says.
        private func find<Kind: IDKind>(_ text: String, _ kind: String, _ candidates: () async throws -> [Candidate<Kind>]) async throws
            -> ID<Kind>
        {
            if let id = ID<Kind>(text), id.body.utf8.count == Self.drawnLength { return id }
            let candidates = try await candidates()
            // A site operator sees everybody's things: what others call theirs must not take the operator's own names away.
            let named = candidates.filter { $0.name == text }
            if Set(named.map(\.owner)).count > 1, let caller = try await client.discover().value.user?.id {
                let own = named.filter { $0.owner == caller }
                if own.count == 1 { return own[0].id }
            }
            return try Self.choose(text, kind, among: candidates)
        }

        /// Characters of an id that was drawn; machines without a name are called by fewer, so `vm-7k2m9q4x` is a name.
        static let drawnLength = 20

        static func choose<Kind: IDKind>(_ text: String, _ kind: String, among candidates: [Candidate<Kind>]) throws(CommandFailure) -> ID<
            Kind
        > {
            // Swift compares by canonical equivalence, as the cloud's names are composed (NFC) and a terminal's input may not be.
            let named = candidates.filter { $0.name == text }
            if let only = named.first, named.count == 1 { return only.id }
            guard named.isEmpty else { throw .ambiguous(kind, text, named.map { "\($0.id) (\($0.mark))" }) }
            if let exact = candidates.first(where: { $0.id.text == text }) { return exact.id }
            throw .noSuch(kind, text, like: Likeness.closest(to: text, among: candidates.map(\.name)))
        }
    }
#endif
