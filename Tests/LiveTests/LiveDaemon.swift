// SPDX-License-Identifier: Apache-2.0

#if Libvirt && Daemons
    import CloudAPI
    import CloudClient
    import CloudModel
    import CloudOperations
    import Foundation
    import Glibc
    import Testing

    /// The real `lyceumd` on a make-believe host of its own, within the one of all live tests: here libvirtd may be ended, and nobody
    /// else's taps and rules are in sight.
    final class LiveDaemon: Sendable {
        @TaskLocal static var current: LiveDaemon?

        let files: LiveDirectory
        let host: LiveNestedHost
        private let transport: HTTPTransport
        private let program = LiveNestedHost.repository + "/.build/debug/lyceumd"
        private let running = LockedProcess()

        /// - Parameters:
        ///   - web: a loopback port to listen at too; nil for none.
        ///   - origins: whose pages may open consoles.
        init(web: Int? = nil, origins: [String] = []) async throws {
            files = try LiveDirectory()
            host = try await LiveNestedHost(files.path("host"))
            transport = HTTPTransport(.socket(files.path("run/api.sock")))
            try """
            [state]
            folder = "\(files.path("state"))"
            [listen]
            socket = "\(files.path("run/api.sock"))"
            http = "\(web.map { "127.0.0.1:\($0)" } ?? "")"
            [console]
            origins = [\(origins.map { "\"\($0)\"" }.joined(separator: ", "))]
            [trash]
            keep = 0
            freePercent = 100
            interval = 1
            """.write(toFile: files.path("lyceumd.toml"), atomically: true, encoding: .utf8)
            try await start()
        }

        /// Starts the manager and waits until it is ready.
        func start() async throws {
            let process = try host.begin([program, "--config", files.path("lyceumd.toml")], log: files.path("lyceumd.log"))
            running.set(process)
            try await poll("lyceumd to be ready", seconds: 30) { [self] in
                guard process.isRunning else { throw LiveDirectory.ToolFailed(text: "lyceumd ended: \(log)") }
                guard FileManager.default.fileExists(atPath: files.path("run/api.sock")) else { return false }
                do {
                    return try await client(nil).with(patience: .none).readiness().value.status == "ok"
                } catch is ClientError { return false }
            }
        }

        /// Ends the manager as a loss of power would end it, but not its host.
        func kill() async throws {
            guard let process = running.get() else { return }
            Glibc.kill(try LiveNestedHost.child(of: process.processIdentifier), SIGKILL)
            try await poll("lyceumd to be gone", seconds: 10) { !process.isRunning }
        }

        /// Ends everything.
        func end() async throws {
            try await transport.close()
            try await kill()
            try await host.end()
            // Tests share this through a static, which nothing ever releases.
            try FileManager.default.removeItem(atPath: files.root)
        }

        var log: String {
            do { return try String(contentsOfFile: files.path("lyceumd.log"), encoding: .utf8) } catch { return "no log: \(error)" }
        }

        // MARK: Callers

        func client(_ token: String?) -> CloudClient {
            CloudClient(transport: transport, token: token, clock: ContinuousClock(), keys: { UUID().uuidString })
        }

        func administrator() throws -> CloudClient {
            let token = try String(contentsOfFile: files.path("state/admin.token"), encoding: .utf8)
            return client(token.trimmingCharacters(in: .whitespacesAndNewlines))
        }

        /// A new person without any right but an end user's.
        func person(_ login: String) async throws -> CloudClient {
            let site = try administrator()
            let user = try await site.createUser(.init(login: login, role: .endUser)).value
            return client(try await site.createToken(.init(label: "live"), for: user.id).value.token)
        }

        /// The tiny image as everybody's template.
        func template() async throws -> ID<TemplateKind> {
            let site = try administrator()
            let image = try #require(LiveHost.tinyImage)
            let size = try #require(try FileManager.default.attributesOfItem(atPath: image)[.size] as? Int64)
            let upload = try await site.upload(file: image, size: size).value
            let imported = try await ended(site, site.importImage(.init(name: "tiny", upload: upload.id, format: .qcow2)).value)
            let request = CreateTemplateRequest(
                name: "Tiny", image: try #require(ID(Substring(imported.object))), cpus: CPUCount(1), memory: .mebibytes(128),
                sharedWith: [ID<GroupKind>.everybody.text])
            let made = try await ended(site, site.createTemplate(request).value)
            return try #require(ID(Substring(made.object)))
        }

        /// The operation at its end, which must be a good one.
        @discardableResult func ended(_ client: CloudClient, _ operation: OperationBody) async throws -> OperationBody {
            let end = try await client.end(of: operation.id).value
            guard end.outcome == "done" else {
                throw LiveDirectory.ToolFailed(text: "\(end.verb) is \(end.state): \(end.failure?.detail ?? "no reason")")
            }
            for child in end.children { try await ended(client, client.operation(child).value) }
            return end
        }

        /// Lets libvirt's own schema judge a machine's domain as libvirt has it now, and as it would be started again.
        func judgeDomain(of machine: ID<InstanceKind>) async throws {
            let judge = #"for form in "" --inactive; do virsh dumpxml "$1" $form >"$2" && virt-xml-validate "$2" domain || exit 1; done"#
            try await host.call("/bin/sh", "-c", judge, "judge", machine.text, files.path("judged.xml"))
        }

        /// A machine of the template, ready.
        func machine(_ client: CloudClient, _ template: ID<TemplateKind>, _ name: String) async throws -> ID<InstanceKind> {
            let batch = try await ended(client, client.create(.init(template: template, name: name, start: true)).value)
            return try #require(try await Self.instance(client, in: batch))
        }

        /// The instance that a request for one made.
        static func instance(_ client: CloudClient, in batch: OperationBody) async throws -> ID<InstanceKind>? {
            for object in [batch.object] + batch.objects { if let id = ID<InstanceKind>(Substring(object)) { return id } }
            for child in batch.children {
                if let id = ID<InstanceKind>(Substring(try await client.operation(child).value.object)) { return id }
            }
            return nil
        }

        /// The last number that a guest's counter wrote on its console.
        func counter(_ instance: ID<InstanceKind>) throws -> Int {
            let bytes = try files.bytes("state/consoles/\(instance).log")
            return String(decoding: bytes, as: UTF8.self).matches(of: #/counter (\d+)/#).last.flatMap { Int($0.1) } ?? 0
        }

        /// Records against the host, once no operation is open.
        func audit() async throws -> AuditBody {
            let site = try administrator()
            try await poll("operations to end", seconds: 60) { try await site.audit().value.openOperations == 0 }
            return try await site.audit().value
        }
    }

    /// The process of the manager, which changes.
    private final class LockedProcess: @unchecked Sendable {  // A lock guards the only field; Process itself is only looked at.
        private let lock = NSLock()
        private var process: Process?
        func set(_ new: Process) { lock.withLock { process = new } }
        func get() -> Process? { lock.withLock { process } }
    }

    /// Gives a whole suite one manager, and takes it away afterwards.
    struct LiveDaemonTrait: SuiteTrait, TestScoping {
        var web: Int?
        var origins: [String] = []

        func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
            let daemon = try await LiveDaemon(web: web, origins: origins)
            do { try await LiveDaemon.$current.withValue(daemon) { try await function() } } catch {
                try await daemon.end()
                throw error
            }
            try await daemon.end()
        }
    }
#endif
