// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// The seeds of Tests/CloudSimulationTests in release (Scripts/soak), a package of its own so that its optimised build stands beside the
// debug build of everything else. No trait of lyceum is on: neither libvirt nor the HTTP stack is resolved or built.
let package = Package(
    name: "Soak",
    dependencies: [.package(name: "lyceum", path: "../..", traits: [])],
    targets: [
        .executableTarget(
            name: "Soak",
            dependencies: [
                .product(name: "CloudSimulation", package: "lyceum"), .product(name: "CloudStoreMemory", package: "lyceum"),
                .product(name: "CloudStoreSQLite", package: "lyceum"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ])
    ]
)
