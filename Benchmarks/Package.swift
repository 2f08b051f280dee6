// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// Kept out of the main graph: `make bench` builds it in release, and with it the daemon whose start and memory are measured.
let package = Package(
    name: "Benchmarks",
    dependencies: [
        .package(name: "lyceum", path: "..", traits: ["Libvirt", "Daemons"]),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    ],
    targets: [
        .executableTarget(
            name: "LyceumBench",
            dependencies: [
                .product(name: "CloudCore", package: "lyceum"), .product(name: "CloudSimulation", package: "lyceum"),
                .product(name: "CloudStoreSQLite", package: "lyceum"), .product(name: "ImageStore", package: "lyceum"),
                .product(name: "HypervisorLibvirt", package: "lyceum"), .product(name: "NetFabricLinux", package: "lyceum"),
                .product(name: "ImageStoreFiles", package: "lyceum"), .product(name: "lyceumd", package: "lyceum"),
                .product(name: "DaemonKit", package: "lyceum"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ])
    ]
)
