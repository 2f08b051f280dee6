// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Which target may depend on which of ours. What a row names may be reached through what it names, too.
private let mayImport: [String: Set<String>] = [
    "CloudModel": [], "CloudWorkflow": [],
    "Leases": ["CloudModel"], "Access": ["CloudModel"], "Quotas": ["CloudModel"], "Scheduling": ["CloudModel"],
    "CloudStore": ["CloudModel", "CloudWorkflow"],
    "CloudStoreSQL": ["CloudStore"],
    "CloudStoreMemory": ["CloudStoreSQL"],
    "CloudStoreSQLite": ["CloudStoreSQL"],
    "CloudOperations": ["Leases", "Access", "Quotas", "Scheduling", "CloudStore", "Hypervisor", "NetFabric", "ImageStore"],
    "CloudCore": ["CloudOperations"],
    "CloudSimulation": ["CloudOperations", "HypervisorSim", "NetFabricSim", "ImageStoreSim"],
    "CloudTesting": ["CloudSimulation"],
    "CCrypt": [], "Hypervisor": ["CloudModel", "CCrypt"], "HypervisorSim": ["Hypervisor"], "LibvirtClient": ["CLibvirt"],
    "HypervisorLibvirt": ["Hypervisor", "LibvirtClient", "CLibXML2"], "CLibvirt": [], "CLibXML2": [],
    "NetFabric": ["CloudModel"], "NetFabricLinux": ["NetFabric", "CNamespace"], "NetFabricSim": ["NetFabric"], "CNamespace": [],
    "ImageStore": ["CloudModel"], "ImageStoreFiles": ["ImageStore"], "ImageStoreSim": ["ImageStore"],
    "CloudAPI": ["CloudModel"], "CloudHTTP": ["CloudCore", "CloudAPI"], "CloudClient": ["CloudAPI"],
    "CBuildFacts": [], "CMalloc": [], "CloudCommands": ["CloudClient", "CBuildFacts"],
    "DaemonKit": ["CloudHTTP", "CBuildFacts", "CMalloc"],
    "CrashVFS": [],
]

/// Only these may be named above the daemons' composition: the packages that each target of ours uses from outside.
private let mayUse: [String: Set<String>] = [
    "CloudStoreSQLite": ["GRDB"],
    "HypervisorLibvirt": ["Subprocess", "SystemPackage"],
    "NetFabricLinux": ["Subprocess", "SystemPackage"],
    "ImageStoreFiles": ["Crypto", "Subprocess", "SystemPackage"],
    "CloudHTTP": [
        "Crypto", "Hummingbird", "HummingbirdCore", "HTTPTypes", "Logging", "NIOCore", "NIOHTTP1", "NIOWebSocket",
        "ServiceLifecycle",
    ],
    "CloudClient": ["AsyncHTTPClient", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOFoundationCompat", "NIOSSL", "NIOWebSocket"],
    "CloudCommands": ["ArgumentParser"],
    "DaemonKit": ["Crypto", "Logging", "ServiceLifecycle", "TOMLKit", "UnixSignals"],
]

/// `swift package dump-package`, written by make before the tests, for SwiftPM inside SwiftPM waits for ever.
private struct Dump: Decodable {
    struct Target: Decodable {
        struct Dependency: Decodable {
            let ours: String?
            let product: String?
            init(from decoder: any Decoder) throws {
                let kinds = try decoder.container(keyedBy: Kind.self)
                func name(_ kind: Kind) throws -> String? {
                    guard kinds.contains(kind) else { return nil }
                    var parts = try kinds.nestedUnkeyedContainer(forKey: kind)
                    return try parts.decode(String.self)
                }
                ours = try name(.byName) ?? name(.target)
                product = try name(.product)
            }
            enum Kind: String, CodingKey { case byName, target, product }
        }
        let name: String
        let type: String
        let path: String?
        let dependencies: [Dependency]
    }
    let targets: [Target]
}

@Suite struct AllowedImportsTests {
    private func dump() throws -> Dump {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["LYCEUM_PACKAGE_DUMP"].map { URL(fileURLWithPath: $0) }
        return try JSONDecoder().decode(Dump.self, from: Data(contentsOf: named ?? root.appending(path: ".build/package.json")))
    }

    /// Everything that a target may reach.
    private func closure(_ name: String) -> Set<String> {
        var reached: Set<String> = []
        var open = Array(mayImport[name, default: []])
        while let next = open.popLast() {
            if reached.insert(next).inserted { open += mayImport[next, default: []] }
        }
        return reached
    }

    @Test func everyTargetImportsOnlyWhatTheTableAllows() throws {
        for target in try dump().targets where target.type != "test" && target.type != "executable" {
            guard mayImport[target.name] != nil else {
                Issue.record("\(target.name) has no row in the table of allowed imports")
                continue
            }
            let foreign = Set(target.dependencies.compactMap(\.ours)).subtracting(closure(target.name))
            #expect(foreign.isEmpty, "\(target.name) may not import \(foreign.sorted())")
            let packages = Set(target.dependencies.compactMap(\.product)).subtracting(mayUse[target.name, default: []])
            #expect(packages.isEmpty, "\(target.name) may not use \(packages.sorted())")
        }
    }

    @Test func everyTargetLivesInItsRoom() throws {
        // Examples that are built here as well, and what only tests use.
        let elsewhere = ["CrashVFS", "CustomFrontEnd", "EmbedOneHostReal"]
        for target in try dump().targets where target.type != "test" && !elsewhere.contains(target.name) {
            let path = try #require(target.path)
            #expect(path.hasPrefix("Sources/") && path.hasSuffix("/\(target.name)"), "\(target.name) is in \(path)")
        }
    }
}
