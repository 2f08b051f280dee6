// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CLibvirt
    import Glibc

    /// A domain, inside one call of ``LibvirtConnection/run(within:_:)``. All methods block; all throw ``LibvirtError``.
    public final class LibvirtDomain {
        private let pointer: virDomainPtr
        /// A domain is of no use when its connection is closed.
        private let session: LibvirtSession

        init(_ pointer: virDomainPtr, of session: LibvirtSession) {
            self.pointer = pointer
            self.session = session
        }

        deinit { virDomainFree(pointer) }

        /// Its name on the host.
        public var name: String { virDomainGetName(pointer).map { String(cString: $0) } ?? "" }

        /// The number of this run; -1 while it does not run. Another run, another number.
        public var runNumber: Int {
            let number = virDomainGetID(pointer)
            return number == UInt32.max ? -1 : Int(number)
        }

        /// What it does, and why.
        public func state() throws(LibvirtError) -> (state: State, reason: Reason) {
            var (state, reason): (Int32, Int32) = (0, 0)
            guard virDomainGetState(pointer, &state, &reason, 0) == 0 else { throw .last() }
            return (State(rawValue: Int(state)) ?? .unknown, Reason(rawValue: Int(reason)))
        }

        /// Its description: of its present run where it runs, else of its next one.
        public func description() throws(LibvirtError) -> String { try text(virDomainGetXMLDesc(pointer, 0)) }

        /// The element of its metadata that has this namespace; nil where there is none.
        public func metadata(namespace: String) throws(LibvirtError) -> String? {
            guard let text = virDomainGetMetadata(pointer, Int32(VIR_DOMAIN_METADATA_ELEMENT.rawValue), namespace, 0) else {
                let error = LibvirtError.last()
                guard error.code == .noMetadata else { throw error }
                return nil
            }
            defer { free(text) }
            return String(cString: text)
        }

        /// Starts it, its processors standing still or running.
        public func create(paused: Bool) throws(LibvirtError) {
            try check(virDomainCreateWithFlags(pointer, paused ? UInt32(VIR_DOMAIN_START_PAUSED.rawValue) : 0))
        }

        /// Lets its processors run.
        public func resume() throws(LibvirtError) { try check(virDomainResume(pointer)) }

        /// Lets its processors stand still.
        public func pause() throws(LibvirtError) { try check(virDomainSuspend(pointer)) }

        /// A picture of its first screen, as libvirt gives it, with its media type. One of more than `limit` bytes is refused as
        /// ``LibvirtError/Code/operationFailed`` before it is read whole.
        public func screenshot(limit: Int) throws(LibvirtError) -> (type: String, bytes: [UInt8]) {
            guard let stream = virStreamNew(session.pointer, 0) else { throw .last() }
            defer { virStreamFree(stream) }
            guard let type = virDomainScreenshot(pointer, stream, 0, 0) else { throw .last() }
            defer { free(type) }
            var (bytes, buffer): ([UInt8], [CChar]) = ([], [CChar](repeating: 0, count: 1 << 16))
            while true {
                let count = virStreamRecv(stream, &buffer, buffer.count)
                guard count >= 0 else {
                    let error = LibvirtError.last()
                    virStreamAbort(stream)
                    throw error
                }
                if count == 0 { break }
                guard bytes.count + Int(count) <= limit else {
                    virStreamAbort(stream)
                    throw LibvirtError(code: .operationFailed, domain: 0, message: "the picture has more than \(limit) bytes")
                }
                bytes += buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }
            }
            try check(virStreamFinish(stream))
            return (String(cString: type), bytes)
        }

        /// Cuts its power and gives it again; the domain goes on.
        public func reset() throws(LibvirtError) { try check(virDomainReset(pointer, 0)) }

        /// Asks it to reboot: by its agent where that answers, else by the ACPI button, upon which libvirt resets it when it is down. Where
        /// the agent does it libvirt waits for the guest to begin anew, a minute at most; else it waits for nothing. A guest that does not
        /// hear the button now is still reset when it goes down later, whatever for, until it is asked to shut down or is reset.
        public func askToReboot() throws(LibvirtError) {
            let ways = UInt32(VIR_DOMAIN_REBOOT_GUEST_AGENT.rawValue) | UInt32(VIR_DOMAIN_REBOOT_ACPI_POWER_BTN.rawValue)
            try check(virDomainReboot(pointer, ways))
        }

        /// Whether one of its disks had no room on the host for what was written; nil where no disk had any trouble.
        public func diskTrouble() throws(LibvirtError) -> DiskTrouble? {
            var errors = [virDomainDiskError](repeating: virDomainDiskError(), count: 64)
            let count = virDomainGetDiskErrors(pointer, &errors, 64, 0)
            guard count >= 0 else { throw .last() }
            let told = errors.prefix(Int(count)).map { error in
                free(error.disk)
                return UInt32(error.error)
            }
            guard !told.isEmpty else { return nil }
            return told.contains(UInt32(VIR_DOMAIN_DISK_ERROR_NO_SPACE.rawValue)) ? .noSpace : .other
        }

        /// Cuts its power.
        public func destroy() throws(LibvirtError) { try check(virDomainDestroyFlags(pointer, 0)) }

        /// Takes its definition away, with what libvirt keeps beside it (managed save, snapshots' and checkpoints' metadata, NVRAM).
        public func undefine() throws(LibvirtError) {
            let all = [
                VIR_DOMAIN_UNDEFINE_MANAGED_SAVE, VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA, VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA,
                VIR_DOMAIN_UNDEFINE_NVRAM,
            ]
            let flags = all.reduce(0) { $0 | UInt32($1.rawValue) }
            guard virDomainUndefineFlags(pointer, flags) != 0 else { return }
            let error = LibvirtError.last()
            // Drivers without snapshots or NVRAM (the built-in test driver) take the plain call only.
            guard error.code == .noSupport || error.code == .invalidArgument else { throw error }
            try check(virDomainUndefine(pointer))
        }

        /// Asks it to shut down: by its agent where that answers, else by the ACPI button. Where the agent does it libvirt waits for the
        /// guest to go down, a minute at most; else it waits for nothing.
        public func askToShutDown() throws(LibvirtError) {
            let ways = UInt32(VIR_DOMAIN_SHUTDOWN_GUEST_AGENT.rawValue) | UInt32(VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN.rawValue)
            try check(virDomainShutdownFlags(pointer, ways))
        }

        /// Adds a device to its present run.
        public func attachDevice(_ xml: String) throws(LibvirtError) {
            try check(virDomainAttachDeviceFlags(pointer, xml, UInt32(VIR_DOMAIN_AFFECT_LIVE.rawValue)))
        }

        /// Asks the guest of its present run to let a device go; returns before it has.
        public func detachDevice(alias: String) throws(LibvirtError) {
            try check(virDomainDetachDeviceAlias(pointer, alias, UInt32(VIR_DOMAIN_AFFECT_LIVE.rawValue)))
        }

        /// As ``detachDevice(alias:)`` for a device by its description.
        public func detachDevice(_ xml: String) throws(LibvirtError) {
            try check(virDomainDetachDeviceFlags(pointer, xml, UInt32(VIR_DOMAIN_AFFECT_LIVE.rawValue)))
        }

        /// Lets its present run write other files from now on, as a description of a snapshot says, which are there already; its memory of
        /// that moment is saved where the description says so. All of it or nothing; libvirt keeps no book of it.
        public func turn(as snapshot: String, withMemory: Bool) throws(LibvirtError) {
            var flags = [
                VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC, VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA, VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT,
            ]
            if !withMemory { flags.append(VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY) }
            guard let made = virDomainSnapshotCreateXML(pointer, snapshot, flags.reduce(0) { $0 | UInt32($1.rawValue) }) else {
                throw .last()
            }
            virDomainSnapshotFree(made)
        }

        /// Whether libvirt is at a long piece of work on it: its memory being saved, a snapshot being made. One that does not run has none.
        public func isAtWork() throws(LibvirtError) -> Bool {
            var info = virDomainJobInfo()
            guard virDomainGetJobInfo(pointer, &info) == 0 else {
                let error = LibvirtError.last()
                // Drivers without jobs (the built-in test driver) do not know the call.
                guard error.code == .operationInvalid || error.code == .noSupport else { throw error }
                return false
            }
            return [VIR_DOMAIN_JOB_BOUNDED, VIR_DOMAIN_JOB_UNBOUNDED].contains { UInt32(bitPattern: info.type) == $0.rawValue }
        }

        /// The size of a disk of it, in bytes, by its path.
        public func capacity(of path: String) throws(LibvirtError) -> UInt64 {
            var info = virDomainBlockInfo()
            try check(virDomainGetBlockInfo(pointer, path, &info, 0))
            return info.capacity
        }

        /// Gives a disk of its present run another size, in bytes; it is named by its path.
        public func resizeBlock(_ path: String, to bytes: UInt64) throws(LibvirtError) {
            try check(virDomainBlockResize(pointer, path, bytes, UInt32(VIR_DOMAIN_BLOCK_RESIZE_BYTES.rawValue)))
        }

        /// Saves its memory to a file and stops it. A file that is not complete is known as such by libvirt.
        public func save(to path: String) throws(LibvirtError) { try check(virDomainSaveFlags(pointer, path, nil, 0)) }

        /// One end of a pair of sockets whose other end is its display's; the caller's to close. No password is asked for.
        public func openDisplay() throws(LibvirtError) -> Int32 {
            let file = virDomainOpenGraphicsFD(pointer, 0, UInt32(VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH.rawValue))
            try check(file)
            return file
        }

        /// Sets the guest's clock by its agent.
        public func setTime(seconds: Int64, nanoseconds: UInt32) throws(LibvirtError) {
            try check(virDomainSetTime(pointer, seconds, nanoseconds, 0))
        }

        /// How long libvirt waits for the agent's first sign of life in every later call: 5 s unless told otherwise.
        public func setAgentPatience(seconds: Int) throws(LibvirtError) {
            try check(virDomainAgentSetResponseTimeout(pointer, Int32(seconds), 0))
        }

        /// A command to the agent, as JSON, and its answer, as JSON: the guest's word. One that is longer than `limit` bytes is refused
        /// as ``LibvirtError/Code/agentUnsynced`` before it is copied.
        public func askAgent(_ command: String, within seconds: Int, limit: Int) throws(LibvirtError) -> String {
            guard let answer = virDomainQemuAgentCommand(pointer, command, Int32(seconds), 0) else { throw .last() }
            defer { free(answer) }
            guard strnlen(answer, limit + 1) <= limit else {
                throw LibvirtError(code: .agentUnsynced, domain: 0, message: "the agent's answer is longer than \(limit) bytes")
            }
            return String(cString: answer)
        }

        private func check(_ status: Int32) throws(LibvirtError) {
            guard status >= 0 else { throw .last() }
        }

        private func text(_ pointer: UnsafeMutablePointer<CChar>?) throws(LibvirtError) -> String {
            guard let pointer else { throw .last() }
            defer { free(pointer) }
            return String(cString: pointer)
        }
    }

    extension LibvirtDomain {
        /// What a disk suffers from.
        public enum DiskTrouble: Hashable, Sendable {
            /// The host has no room for what is written.
            case noSpace
            /// Anything else.
            case other
        }

        /// What a domain does: `virDomainState`.
        public enum State: Int, Hashable, Sendable {
            /// libvirt does not say.
            case unknown = 0
            /// Its processors run.
            case running = 1
            /// It waits for something.
            case blocked = 2
            /// Its processors stand still.
            case paused = 3
            /// It is about to end.
            case shuttingDown = 4
            /// It does not run.
            case off = 5
            /// It does not run, because the guest crashed.
            case crashed = 6
            /// The guest sleeps (ACPI S3).
            case sleeping = 7
        }

        /// Why: a number whose meaning depends on the state.
        public struct Reason: RawRepresentable, Hashable, Sendable {
            /// The number.
            public let rawValue: Int
            /// A number.
            public init(rawValue: Int) { self.rawValue = rawValue }
            /// Off because QEMU ended without being asked (`VIR_DOMAIN_SHUTOFF_CRASHED`).
            public static let offCrashed = Reason(rawValue: 3)
            /// Paused because somebody asked for it (`VIR_DOMAIN_PAUSED_USER`).
            public static let pausedByUser = Reason(rawValue: 1)
            /// Paused by QEMU, because a disk could not be read or written (`VIR_DOMAIN_PAUSED_IOERROR`).
            public static let pausedByDisk = Reason(rawValue: 5)
            /// Off because its start failed (`VIR_DOMAIN_SHUTOFF_FAILED`).
            public static let offFailed = Reason(rawValue: 6)
            /// Off because libvirtd found it dead when it came back (`VIR_DOMAIN_SHUTOFF_DAEMON`).
            public static let offDaemon = Reason(rawValue: 8)
        }
    }
#endif
