// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// The rooms of the house, in the order of Documentation/rooms.md. A target may import what its row names; Tests/HouseRules compares
// `swift package dump-package` with a table of its own, so a new edge is a decision and not an accident.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library target in a room's folder: `Sources/<room>/<name>`.
func room(_ folder: String, _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(folder)/\(name)", exclude: readmes[name, default: []],
        resources: resources,
        swiftSettings: strict)
}

/// A test target that mirrors a source target: `Tests/<name>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name)] + dependencies, path: "Tests/\(name)Tests", resources: resources,
        swiftSettings: strict)
}

/// Targets that carry a README of their own beside their sources.
let readmes: [String: [String]] = ["LibvirtClient": ["README.md"]]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let withLibvirt = TargetDependencyCondition.when(traits: ["Libvirt"])
let withDaemons = TargetDependencyCondition.when(traits: ["Daemons"])

let package = Package(
    name: "lyceum",
    products: [
        .library(name: "CloudCore", targets: ["CloudCore"]),
        .library(name: "Leases", targets: ["Leases", "CloudModel"]),
        .library(name: "CloudStoreMemory", targets: ["CloudStoreMemory"]),
        .library(name: "CloudStoreSQLite", targets: ["CloudStoreSQLite"]),
        .library(name: "CloudSimulation", targets: ["CloudSimulation"]),
        .library(name: "CloudTesting", targets: ["CloudTesting"]),
        .library(name: "Hypervisor", targets: ["Hypervisor", "HypervisorSim"]),
        .library(name: "HypervisorLibvirt", targets: ["HypervisorLibvirt"]),
        .library(name: "NetFabric", targets: ["NetFabric", "NetFabricSim"]),
        .library(name: "NetFabricLinux", targets: ["NetFabricLinux"]),
        .library(name: "ImageStore", targets: ["ImageStore", "ImageStoreSim"]),
        .library(name: "ImageStoreFiles", targets: ["ImageStoreFiles"]),
        .library(name: "CloudAPI", targets: ["CloudAPI"]),
        .library(name: "CloudHTTP", targets: ["CloudHTTP"]),
        .library(name: "CloudClient", targets: ["CloudClient", "CloudAPI", "CloudModel"]),
        .library(name: "CloudCommands", targets: ["CloudCommands"]),
        .library(name: "DaemonKit", targets: ["DaemonKit"]),
        .executable(name: "lyceumd", targets: ["lyceumd"]),
        .executable(name: "lyceum", targets: ["lyceum"]),
    ],
    traits: [
        .trait(name: "Libvirt", description: "Real machines through libvirt's C API (needs libvirt-dev and libxml2-dev)."),
        .trait(name: "Daemons", description: "The HTTP stack: CloudHTTP, CloudClient, CloudCommands, lyceumd and lyceum."),
        .default(enabledTraits: ["Libvirt", "Daemons"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    ],
    targets: [
        // CloudCore: what a cloud is, and what may be done with it.
        room("CloudCore", "CloudModel"),
        room("CloudCore", "Leases", ["CloudModel"]),
        room("CloudCore", "Access", ["CloudModel"]),
        room("CloudCore", "Quotas", ["CloudModel"]),
        room("CloudCore", "Scheduling", ["CloudModel"]),
        room("CloudCore", "CloudWorkflow"),
        room("CloudCore", "CloudStore", ["CloudModel", "CloudWorkflow"]),
        room("CloudCore", "CloudStoreSQL", ["CloudStore", "CloudModel", "CloudWorkflow"]),
        room("CloudCore", "CloudStoreMemory", ["CloudStoreSQL", "CloudStore", "CloudModel", "CloudWorkflow"]),
        room(
            "CloudCore", "CloudStoreSQLite",
            ["CloudStoreSQL", "CloudStore", "CloudModel", "CloudWorkflow", grdb]),
        room(
            "CloudCore", "CloudOperations",
            [
                "CloudModel", "Leases", "Access", "Quotas", "Scheduling", "CloudWorkflow", "CloudStore",
                "Hypervisor", "NetFabric", "ImageStore",
            ]),
        room(
            "CloudCore", "CloudCore",
            [
                "CloudModel", "Leases", "Access", "Quotas", "Scheduling", "CloudWorkflow", "CloudStore", "CloudOperations",
                "Hypervisor", "NetFabric", "ImageStore",
            ]),
        room(
            "CloudCore", "CloudSimulation",
            [
                "CloudModel", "CloudWorkflow", "CloudStore", "CloudOperations", "Hypervisor", "NetFabric", "ImageStore",
                "HypervisorSim", "NetFabricSim", "ImageStoreSim",
            ]),
        room(
            "CloudCore", "CloudTesting",
            [
                "CloudModel", "CloudWorkflow", "CloudStore", "CloudOperations", "CloudSimulation", "Hypervisor", "NetFabric", "ImageStore",
            ]),

        // Hypervisor: machines.
        .systemLibrary(name: "CCrypt", path: "Sources/Hypervisor/CCrypt", providers: [.apt(["libcrypt-dev"])]),
        room("Hypervisor", "Hypervisor", ["CloudModel", "CCrypt"]),
        room("Hypervisor", "HypervisorSim", ["Hypervisor", "CloudModel"]),
        .systemLibrary(
            name: "CLibvirt", path: "Sources/Hypervisor/CLibvirt", pkgConfig: "libvirt-qemu", providers: [.apt(["libvirt-dev"])]),
        .systemLibrary(name: "CLibXML2", path: "Sources/Hypervisor/CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        room("Hypervisor", "LibvirtClient", [.target(name: "CLibvirt", condition: withLibvirt)]),
        room(
            "Hypervisor", "HypervisorLibvirt",
            [
                "Hypervisor", "CloudModel", .target(name: "LibvirtClient", condition: withLibvirt),
                .target(name: "CLibXML2", condition: withLibvirt), subprocess, system,
            ]),

        // NetFabric: addresses, switch, filter, names.
        room("NetFabric", "NetFabric", ["CloudModel"]),
        .target(name: "CNamespace", path: "Sources/NetFabric/CNamespace"),
        room("NetFabric", "NetFabricLinux", ["NetFabric", "CNamespace", "CloudModel", subprocess, system]),
        room("NetFabric", "NetFabricSim", ["NetFabric", "CloudModel"]),

        // ImageStore: images and disks.
        room("ImageStore", "ImageStore", ["CloudModel"]),
        room("ImageStore", "ImageStoreFiles", ["ImageStore", "CloudModel", crypto, subprocess, system]),
        room("ImageStore", "ImageStoreSim", ["ImageStore", "CloudModel"]),

        // Daemons: the same cloud by HTTP.
        room("Daemons", "CloudAPI", ["CloudModel"]),
        .target(
            name: "CBuildFacts", path: "Sources/Daemons/CBuildFacts",
            cSettings: Context.environment["LYCEUM_COMMIT"].map { [.define("LYCEUM_COMMIT", to: "\"\($0)\"")] } ?? []),
        room(
            "Daemons", "CloudHTTP",
            [
                "CloudAPI", "CloudCore", "CloudModel", "CloudOperations", "CloudStore", "CloudWorkflow", "Access", "Hypervisor",
                "ImageStore",
                crypto,
                .product(name: "Hummingbird", package: "hummingbird", condition: withDaemons),
                .product(name: "HummingbirdCore", package: "hummingbird", condition: withDaemons),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: withDaemons),
                .product(name: "Logging", package: "swift-log", condition: withDaemons),
                .product(name: "NIOCore", package: "swift-nio", condition: withDaemons),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: withDaemons),
                .product(name: "NIOWebSocket", package: "swift-nio", condition: withDaemons),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: withDaemons),
            ], resources: [.embedInCode("Resources/openapi.yaml")]),
        room(
            "Daemons", "CloudClient",
            [
                "CloudAPI", "CloudModel",
                .product(name: "AsyncHTTPClient", package: "async-http-client", condition: withDaemons),
                .product(name: "NIOCore", package: "swift-nio", condition: withDaemons),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: withDaemons),
                .product(name: "NIOPosix", package: "swift-nio", condition: withDaemons),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: withDaemons),
                .product(name: "NIOWebSocket", package: "swift-nio", condition: withDaemons),
            ]),
        room(
            "Daemons", "CloudCommands",
            [
                "CloudClient", "CloudAPI", "CloudModel", "CBuildFacts",
                .product(name: "ArgumentParser", package: "swift-argument-parser", condition: withDaemons),
            ]),
        .systemLibrary(name: "CMalloc", path: "Sources/Daemons/CMalloc"),
        room(
            "Daemons", "DaemonKit",
            [
                "CBuildFacts", "CMalloc", "CloudHTTP", "CloudModel", "CloudOperations", "CloudStore", "CloudWorkflow", crypto,
                .product(name: "Logging", package: "swift-log", condition: withDaemons),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: withDaemons),
                .product(name: "UnixSignals", package: "swift-service-lifecycle", condition: withDaemons),
                .product(name: "TOMLKit", package: "TOMLKit", condition: withDaemons),
            ]),
        .executableTarget(
            name: "lyceumd",
            dependencies: [
                "CloudCore", "CloudHTTP", "DaemonKit", "CloudStoreSQLite", "CloudSimulation", "HypervisorLibvirt", "NetFabricLinux",
                "ImageStoreFiles", "CloudModel", "CloudOperations", "Hypervisor",
                .product(name: "ArgumentParser", package: "swift-argument-parser", condition: withDaemons),
                .product(name: "Logging", package: "swift-log", condition: withDaemons),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: withDaemons),
            ], path: "Sources/Daemons/lyceumd", swiftSettings: strict),
        .executableTarget(
            name: "lyceum", dependencies: ["CloudCommands", "CloudClient", "CloudModel"], path: "Sources/Daemons/lyceum",
            swiftSettings: strict),

        // The example's sources once more, so that its real side is built here, where libvirt and crypto are built anyway: in its own
        // package that costs minutes (Scripts/examples). No product, so no embedder meets it.
        .executableTarget(
            name: "EmbedOneHostReal",
            dependencies: ["CloudCore", "CloudSimulation", "CloudStoreSQLite", "HypervisorLibvirt", "ImageStoreFiles", "NetFabricLinux"],
            path: "Examples/EmbedOneHost/Sources/EmbedOneHost", swiftSettings: [.define("Real", .when(traits: ["Libvirt"]))]),
        // And this one, for its own package builds the whole HTTP stack again.
        .executableTarget(
            name: "CustomFrontEnd",
            dependencies: [
                "CloudAPI", "CloudClient", "CloudModel",
                .product(name: "Hummingbird", package: "hummingbird", condition: withDaemons),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: withDaemons),
            ], path: "Examples/CustomFrontEnd/Sources/CustomFrontEnd", resources: [.embedInCode("page.html")]),

        // Tests mirror Sources; what needs real parts stands in Tests/Live.
        .testTarget(name: "HouseRulesTests", path: "Tests/HouseRulesTests", swiftSettings: strict),
        tests("CloudModel"),
        tests("Leases", ["CloudModel"]),
        tests("Access", ["CloudModel"]),
        tests("Quotas", ["CloudModel"]),
        tests("Scheduling", ["CloudModel"]),
        tests("CloudStore", ["CloudModel", "CloudWorkflow"]),
        tests("CloudStoreSQL", ["CloudTesting", "CloudStoreSQLite", "CloudStore", "CloudModel", "CloudWorkflow", grdb]),
        tests(
            "CloudStoreSQLite",
            ["CloudTesting", "CloudSimulation", "CloudStoreSQL", "CloudStore", "CloudModel", "CloudWorkflow", "CrashVFS", grdb]),
        // A disk that loses what was not synced, under SQLite. No product, so no embedder meets it.
        .target(name: "CrashVFS", path: "Tests/CrashVFS", linkerSettings: [.linkedLibrary("sqlite3")]),
        tests("CloudStoreMemory", ["CloudTesting", "CloudStoreSQLite", "CloudStoreSQL", "CloudStore", "CloudModel", "CloudWorkflow"]),
        tests("CloudOperations", ["CloudCore", "CloudSimulation", "CloudStoreSQLite", "CloudTesting"]),
        tests("CloudSimulation", ["CloudCore", "CloudStoreMemory", "CloudStoreSQLite"]),
        tests("CloudTesting", ["CloudModel", "CloudSimulation", "CloudWorkflow"]),
        tests("CloudWorkflow"),
        tests("Hypervisor", ["CloudModel"]),
        tests("HypervisorLibvirt", ["Hypervisor", "CloudModel"]),
        tests("HypervisorSim", ["Hypervisor", "CloudModel", "CloudTesting"]),
        tests("LibvirtClient"),
        tests("NetFabric", ["CloudModel"]),
        tests("NetFabricLinux", ["NetFabric", "CloudModel"]),
        tests("NetFabricSim", ["NetFabric", "CloudModel", "CloudTesting"]),
        tests("ImageStore", ["CloudModel", "CloudTesting"]),
        tests("ImageStoreFiles", ["ImageStore", "CloudModel", "CloudTesting"]),
        tests("ImageStoreSim", ["ImageStore", "CloudModel", "CloudTesting"]),
        tests("CloudAPI", ["CloudModel"]),
        tests(
            "CloudClient",
            [
                "CloudAPI", "CloudModel",
                .product(name: "NIOCore", package: "swift-nio", condition: withDaemons),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: withDaemons),
                .product(name: "NIOPosix", package: "swift-nio", condition: withDaemons),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: withDaemons),
                .product(name: "NIOWebSocket", package: "swift-nio", condition: withDaemons),
            ]),
        tests(
            "CloudCommands",
            [
                "CloudClient", "CloudAPI", "CloudModel",
                .product(name: "ArgumentParser", package: "swift-argument-parser", condition: withDaemons),
            ]),
        .testTarget(
            name: "LiveTests",
            dependencies: [
                "CloudTesting", "CloudModel", "CloudOperations", "Hypervisor", "HypervisorLibvirt", "ImageStore", "ImageStoreFiles",
                "NetFabric", "NetFabricLinux", subprocess, system, "CloudAPI", "CloudClient", "lyceumd",
            ], path: "Tests/LiveTests", swiftSettings: strict),
        tests(
            "CloudHTTP",
            [
                "CloudAPI", "CloudCore", "CloudModel", "CloudSimulation", "CloudStoreSQLite", "CloudTesting", "ImageStoreSim",
                .product(name: "Logging", package: "swift-log", condition: withDaemons),
                .product(name: "NIOCore", package: "swift-nio", condition: withDaemons),
                .product(name: "NIOEmbedded", package: "swift-nio", condition: withDaemons),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: withDaemons),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: withDaemons),
            ]),
        tests(
            "DaemonKit",
            [
                "CloudCore", "CloudHTTP", "CloudModel", "CloudOperations", "CloudSimulation", "CloudStore", "CloudStoreSQLite",
                "CloudWorkflow",
                .product(name: "Logging", package: "swift-log", condition: withDaemons),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: withDaemons),
            ]),
    ]
)
