// SPDX-License-Identifier: Apache-2.0

// `import CloudCore` is the whole cloud: what it is (CloudModel), its rules, its operations, and the abilities that hosts bring.

@_exported public import Access
@_exported public import CloudModel
@_exported public import CloudOperations
@_exported public import CloudStore
@_exported public import CloudWorkflow
@_exported public import Hypervisor
@_exported public import ImageStore
@_exported public import Leases
@_exported public import NetFabric
@_exported public import Quotas
@_exported public import Scheduling
