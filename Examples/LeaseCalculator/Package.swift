// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
    name: "LeaseCalculator",
    dependencies: [.package(name: "lyceum", path: "../..", traits: [])],
    targets: [.executableTarget(name: "LeaseCalculator", dependencies: [.product(name: "Leases", package: "lyceum")])]
)
