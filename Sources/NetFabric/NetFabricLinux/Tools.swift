// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// Where the programs are that the fabric calls. Absolute paths: what stands in a caller's PATH never decides what root runs.
public struct FabricTools: Hashable, Sendable {
    /// iproute2.
    public var ip = "/usr/sbin/ip"
    /// Open vSwitch's database client.
    public var vsctl = "/usr/bin/ovs-vsctl"
    /// Open vSwitch's OpenFlow client.
    public var ofctl = "/usr/bin/ovs-ofctl"
    /// nftables.
    public var nft = "/usr/sbin/nft"
    /// Enters a network namespace.
    public var nsenter = "/usr/bin/nsenter"
    /// Writes kernel settings inside a namespace.
    public var tee = "/usr/bin/tee"
    /// DHCP and names.
    public var dnsmasq = "/usr/sbin/dnsmasq"
    /// Where Debian 12 has them.
    public init() {}
    /// All paths, in the order above.
    public var all: [String] { [ip, vsctl, ofctl, nft, nsenter, tee, dnsmasq] }
}

/// One call of a program: an absolute path, arguments that no shell reads, and what it reads from its input.
public struct ToolCall: Hashable, Sendable, CustomStringConvertible {
    /// The program's absolute path.
    public let tool: String
    /// Its arguments.
    public let arguments: [String]
    /// What it reads; nil for nothing.
    public let input: String?
    /// A call.
    public init(_ tool: String, _ arguments: [String], input: String? = nil) {
        self.tool = tool
        self.arguments = arguments
        self.input = input
    }
    /// The program's name without its directory.
    public var name: String { tool.split(separator: "/").last.map(String.init) ?? tool }
    /// For logs.
    public var description: String { ([name] + arguments).joined(separator: " ") }
}

/// Runs programs. The real one is ``SubprocessTools``; tests record calls and answer from a table.
public protocol ToolRunner: Sendable {
    /// What the program wrote to its output. Throws ``ToolFailure`` where it ended with another status than 0,
    /// `CloudError(.unavailable)` where it could not be started, and `OutcomeUnknown` where it did not end in time or said too much.
    func run(_ call: ToolCall) async throws -> String
}

/// A program that ended badly.
public struct ToolFailure: Error, Hashable, Sendable {
    /// Which call.
    public let call: ToolCall
    /// Its exit status; negative for a signal.
    public let status: Int
    /// What it wrote to its error output, at most 4,096 bytes.
    public let message: String
    /// A failure.
    public init(call: ToolCall, status: Int, message: String) {
        self.call = call
        self.status = status
        self.message = message
    }
    /// What the rest of the cloud hears: the part is away, or it failed in a way that is for the log.
    var refusal: CloudError {
        let signs = ["database connection failed", "failed to connect to socket", "failed to open socket", "Connection refused"]
        let away = signs.contains { message.contains($0) }
        return CloudError(away ? .unavailable : .internalFault, ["part": call.name], detail: "\(call): status \(status): \(message)")
    }
}
