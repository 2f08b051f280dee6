// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    import Glibc
    public import Hypervisor
    import LibvirtClient
    import Synchronization

    extension LibvirtHypervisor {
        /// As ``GuestSeeds/ensure(_:on:_:)``: written beside its place and renamed, so that a guest finds all of it or what was there before.
        public func ensure(_ seed: GuestSeed, on volume: SeedVolume, _ command: Command) async throws {
            let path = try storage.path(of: volume)
            let work = SeedWork(beside: path, number: works.next())
            let outcome: Result<Void, any Error>
            do {
                try await make(seed, work)
                try await effect("seed", on: volume.instance, command, within: limits.effect) { _, _ in try work.publish(as: path) }
                outcome = .success(())
            } catch { outcome = .failure(error) }
            try await LibvirtConnection.blocking { try work.clear() }
            try outcome.get()
        }

        private func make(_ seed: GuestSeed, _ work: SeedWork) async throws {
            try await LibvirtConnection.blocking { try work.lay(seed) }
            try await seedTool.write(work.files, as: work.volume)
        }

        /// As ``GuestSeeds/remove(_:_:)``, with what a manager that was killed left half made.
        public func remove(_ volume: SeedVolume, _ command: Command) async throws {
            let path = try storage.path(of: volume)
            let isAbsent: @Sendable (Found) -> Bool = { if case .ours = $0 { false } else { true } }
            try await effect("remove seed", on: volume.instance, command, within: limits.effect, clears: isAbsent) { _, _ in
                try SeedWork.clearLeft(beside: path)
                try DurableFiles.remove(path)
            }
        }

        /// As ``GuestSeeds/observe(_:)``.
        public func observe(_ volume: SeedVolume) async throws -> Evidence<SeedVolume> {
            let path = try storage.path(of: volume)
            do {
                return try await questions.run(within: limits.question) { _ in DurableFiles.exists(path) ? .present(volume) : .absent }
            } catch { throw border.question("seed of \(volume.instance)", error) }
        }
    }

    /// A volume that is being made, in a folder beside its place that is for the daemon's account alone. Its calls block: the compiler
    /// refuses them on a task's thread.
    struct SeedWork: Sendable {
        let folder: String
        var files: String { folder + "/files" }
        var volume: String { folder + "/volume" }

        init(beside path: String, number: Int) { folder = "\(path)\(Self.ending)\(number)" }

        private init(folder: String) { self.folder = folder }

        private static let ending = ".new-"

        /// Writes the files from which the volume is made.
        @available(*, noasync)
        func lay(_ seed: GuestSeed) throws(CloudError) {
            try clear()
            try DurableFiles.makeFolder(folder)
            try DurableFiles.makeFolder(files)
            for (name, text) in seed.files { try DurableFiles.write(Array(text.utf8), to: "\(files)/\(name)", durable: false) }
        }

        /// The volume goes to its place, for its owner alone. It is made anew at each start, so a loss of power may take it.
        @available(*, noasync)
        func publish(as path: String) throws(CloudError) {
            guard chmod(volume, 0o600) == 0 else {
                throw CloudError(.internalFault, ["part": "hypervisor"], detail: "chmod \(volume): \(String(cString: strerror(errno)))")
            }
            try DurableFiles.sync(volume)
            try DurableFiles.move(volume, to: path)
        }

        /// Makes sure that nothing of it is left.
        @available(*, noasync)
        func clear() throws(CloudError) {
            for name in GuestSeed.names { try DurableFiles.forget("\(files)/\(name)") }
            try DurableFiles.forget(volume)
            for folder in [files, folder] {
                guard rmdir(folder) == 0 || errno == ENOENT else {
                    throw CloudError(.internalFault, ["part": "hypervisor"], detail: "rmdir \(folder): \(String(cString: strerror(errno)))")
                }
            }
        }

        /// Makes sure that nothing is left of works beside a path whose maker is gone.
        @available(*, noasync)
        static func clearLeft(beside path: String) throws(CloudError) {
            guard let slash = path.lastIndex(of: "/") else { return }
            let (folder, beginning) = (String(path[..<slash]), String(path[path.index(after: slash)...]) + ending)
            for name in try DurableFiles.names(in: folder) where name.hasPrefix(beginning) {
                try SeedWork(folder: "\(folder)/\(name)").clear()
            }
        }
    }

    /// Numbers of works, so that two calls for one volume never meet in one folder.
    final class SeedWorks: Sendable {
        private let number = Mutex(0)
        func next() -> Int {
            number.withLock { number in
                number += 1
                return number
            }
        }
    }
#endif
