// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CLibvirt

    /// libvirt's own word about a call that failed (virterror.h).
    public struct LibvirtError: Error, Hashable, Sendable, CustomStringConvertible {
        /// Which failure: `virErrorNumber`.
        public let code: Code
        /// Which part of libvirt speaks: `virErrorDomain`.
        public let domain: Int
        /// For people who read logs; may name paths of the host.
        public let message: String

        /// A failure.
        public init(code: Code, domain: Int, message: String) {
            self.code = code
            self.domain = domain
            self.message = message
        }

        /// For logs.
        public var description: String { "libvirt error \(code.rawValue) of part \(domain): \(message)" }

        /// What libvirt last said on this thread.
        static func last() -> LibvirtError {
            guard let error = virGetLastError() else {
                return LibvirtError(code: .init(rawValue: 0), domain: 0, message: "libvirt failed without a word")
            }
            let message = error.pointee.message.map { String(cString: $0) } ?? ""
            return LibvirtError(code: .init(rawValue: Int(error.pointee.code)), domain: Int(error.pointee.domain), message: message)
        }
    }

    extension LibvirtError {
        /// The numbers of `virErrorNumber` that a caller decides by; any other is possible.
        public struct Code: RawRepresentable, Hashable, Sendable {
            /// The number.
            public let rawValue: Int
            /// A number.
            public init(rawValue: Int) { self.rawValue = rawValue }

            /// An error inside libvirt (1).
            public static let internalError = Code(rawValue: 1)
            /// The driver cannot do it (3).
            public static let noSupport = Code(rawValue: 3)
            /// The call asks for what the driver does not know (8).
            public static let invalidArgument = Code(rawValue: 8)
            /// The hypervisor refused (9).
            public static let operationFailed = Code(rawValue: 9)
            /// A system call failed (38).
            public static let systemError = Code(rawValue: 38)
            /// There is no such domain (42).
            public static let noDomain = Code(rawValue: 42)
            /// Not in this state (55).
            public static let operationInvalid = Code(rawValue: 55)
            /// The description asks for what is not there (67).
            public static let configurationUnsupported = Code(rawValue: 67)
            /// Too slow (68).
            public static let operationTimeout = Code(rawValue: 68)
            /// The domain has no such metadata (80).
            public static let noMetadata = Code(rawValue: 80)
            /// The guest's agent has not this command (84).
            public static let operationUnsupported = Code(rawValue: 84)
            /// The agent is not there, or does not answer (86).
            public static let agentUnresponsive = Code(rawValue: 86)
            /// The agent answered something else (97).
            public static let agentUnsynced = Code(rawValue: 97)
        }
    }

    /// Why a call on a ``LibvirtConnection`` has no answer from libvirt.
    public enum LibvirtFailure: Error, Hashable, Sendable, CustomStringConvertible {
        /// Nothing was done: the connection could not be opened, or the call's turn did not come in time (nil).
        case notReached(LibvirtError?)
        /// The connection broke while the call was under way: it may or may not have been carried out.
        case lost(LibvirtError)
        /// No answer came in time; the call is still under way, and later ones wait behind it.
        case silent

        /// For the log.
        public var description: String {
            switch self {
            case .notReached(let error?): "libvirt was not reached: \(error)"
            case .notReached(nil): "libvirt was not reached: the calls before did not end in time"
            case .lost(let error): "the connection to libvirt broke: \(error)"
            case .silent: "libvirt did not answer in time"
            }
        }
    }
#endif
